package dev.swiglu.tools.cli;

import java.util.Locale;

/** Time since a command began, for closing lines. */
record Stopwatch(long startNanos) {

    static Stopwatch start() {
        return new Stopwatch(System.nanoTime());
    }

    @Override
    public String toString() {
        long millis = (System.nanoTime() - startNanos) / 1_000_000;
        return millis < 1000 ? millis + " ms" : String.format(Locale.ROOT, "%.1f s", millis / 1e3);
    }
}
