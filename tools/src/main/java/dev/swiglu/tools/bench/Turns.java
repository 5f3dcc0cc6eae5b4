package dev.swiglu.tools.bench;

import java.util.Arrays;
import java.util.List;

/**
 * Times things in turns (A B B A A B …), so that whatever slows the machine down slows all of them down, and none always
 * runs second.
 *
 * @param seconds when they are over, no more turns begin than the least that a median needs
 */
public record Turns(int runs, int warmup, double seconds) {
    private static final int LEAST = 5;
    private static final double MILLISECOND = 1e6;

    /** For each of {@code steps} the milliseconds of its runs, in their order. */
    double[][] milliseconds(List<? extends Runnable> steps) {
        double[][] times = new double[steps.size()][runs];
        for (int run = 0; run < warmup; run++) {
            steps.forEach(Runnable::run);
        }
        long start = System.nanoTime();
        int done = 0;
        while (done < runs && (done < LEAST || System.nanoTime() - start < seconds * 1e9)) {
            for (int turn = 0; turn < steps.size(); turn++) {
                int index = done % 2 == 0 ? turn : steps.size() - 1 - turn;
                long before = System.nanoTime();
                steps.get(index).run();
                times[index][done] = (System.nanoTime() - before) / MILLISECOND;
            }
            done++;
        }
        int count = done;
        return Arrays.stream(times).map(all -> Arrays.copyOf(all, count)).toArray(double[][]::new);
    }
}
