package dev.swiglu.training;

/** The learning rate of each step; steps are counted from 1. */
@FunctionalInterface
public interface LearningRate {
    float at(long step);

    static LearningRate constant(float rate) {
        requireRate(rate);
        return step -> rate;
    }

    /** Rises linearly to {@code peak} at step {@code warmup}, then falls along half a cosine, to 0 after {@code steps}. */
    static LearningRate cosine(float peak, long warmup, long steps) {
        requireRate(peak);
        if (warmup < 0 || steps <= warmup) {
            throw new IllegalArgumentException("A warm-up of " + warmup + " steps does not fit into " + steps + " steps.");
        }
        return step -> {
            if (step <= warmup) {
                return peak * step / warmup;
            }
            double done = Math.min(1, (double) (step - warmup) / (steps - warmup + 1));
            return (float) (peak * 0.5 * (1 + StrictMath.cos(Math.PI * done)));
        };
    }

    private static void requireRate(float rate) {
        if (!(rate >= 0 && rate < Float.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("A learning rate is a number from 0 on, not " + rate + ".");
        }
    }
}
