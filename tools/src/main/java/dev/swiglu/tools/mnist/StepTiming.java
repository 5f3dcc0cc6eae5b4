package dev.swiglu.tools.mnist;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Arrays;
import java.util.function.DoubleSupplier;

/**
 * A fused against an unfused training step, in turns in one run (A B B A …), so that whatever slows the machine down slows
 * both. Medians in milliseconds.
 *
 * @param ratio median of unfused / fused, pair by pair
 */
record StepTiming(@JsonProperty("fused_ms") double fused, @JsonProperty("unfused_ms") double unfused, double ratio) {
    /** Session configuration entry: "0" keeps a session's idle threads from taking the cores away from the other one. */
    static final String SPINNING = "session.intra_op.allow_spinning";

    private static final int WARMUP = 3;

    /** @param fused does one step, or some, and answers the milliseconds of one */
    static StepTiming of(DoubleSupplier fused, DoubleSupplier unfused, int rounds) {
        double[] fusedTimes = new double[rounds];
        double[] unfusedTimes = new double[rounds];
        for (int i = -WARMUP; i < rounds; i++) {
            boolean fusedFirst = i % 2 == 0;
            double first = (fusedFirst ? fused : unfused).getAsDouble();
            double second = (fusedFirst ? unfused : fused).getAsDouble();
            if (i >= 0) {
                fusedTimes[i] = fusedFirst ? first : second;
                unfusedTimes[i] = fusedFirst ? second : first;
            }
        }
        double[] ratios = new double[rounds];
        Arrays.setAll(ratios, i -> unfusedTimes[i] / fusedTimes[i]);
        return new StepTiming(median(fusedTimes), median(unfusedTimes), median(ratios));
    }

    static double milliseconds(Runnable work) {
        long start = System.nanoTime();
        work.run();
        return (System.nanoTime() - start) / 1e6;
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
    }
}
