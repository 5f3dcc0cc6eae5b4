package dev.swiglu.training;

/**
 * Keeps float16 gradients inside their range: the loss is multiplied before its gradient is taken, and the gradients are
 * divided again. A step whose gradients overflow is not taken and halves the scale; {@code growAfter} good steps in a row
 * double it. Powers of two only, so that scaling rounds nothing.
 *
 * @param initial the scale of the first step
 * @param growAfter 0 to never grow
 */
public record LossScaling(float initial, int growAfter) {
    static final float SMALLEST = 1;
    static final float LARGEST = 0x1p24f;

    public LossScaling {
        requireScale(initial);
        if (growAfter < 0) {
            throw new IllegalArgumentException("A loss scale cannot grow after " + growAfter + " steps.");
        }
    }

    static void requireScale(float scale) {
        boolean powerOfTwo = Math.scalb(1f, Math.getExponent(scale)) == scale;
        if (!powerOfTwo || !(scale >= SMALLEST && scale <= LARGEST)) {
            throw new IllegalArgumentException("The loss scale " + scale + " is not a power of two from 1 to 2^24.");
        }
    }

    /**
     * 2^16, doubled after 2000 good steps: what PyTorch's {@code GradScaler} starts from. That is more than many models bear: a few
     * early steps overflow, are not taken, and find the scale. {@link StepResult#finite} tells which.
     */
    public static LossScaling dynamic() {
        return new LossScaling(0x1p16f, 2000);
    }

    /** Where the scale stands. */
    record State(float scale, int goodSteps) {}

    State start() {
        return new State(initial, 0);
    }

    State after(State state, boolean finite) {
        if (!finite) {
            return new State(Math.max(SMALLEST, state.scale() / 2), 0);
        }
        boolean grows = growAfter > 0 && state.goodSteps() + 1 >= growAfter;
        return grows ? new State(Math.min(LARGEST, state.scale() * 2), 0) : new State(state.scale(), state.goodSteps() + 1);
    }
}
