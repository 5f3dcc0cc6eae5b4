package dev.swiglu.tools.mnist;

import java.io.PrintWriter;
import java.util.Locale;

/** One line on a terminal that says how far a long task is; where people do not watch, nothing. */
final class ProgressLine implements AutoCloseable {
    private static final int WIDTH = 30;
    private static final long REDRAW_NANOS = 100_000_000;
    private static final String CLEAR_LINE = "\r\033[K";

    private final PrintWriter terminal;
    private final boolean shown;
    private final String task;
    private final long steps;
    private final long start = System.nanoTime();
    private long drawn = start;

    ProgressLine(PrintWriter terminal, boolean shown, String task, long steps) {
        this.terminal = terminal;
        this.shown = shown;
        this.task = task;
        this.steps = steps;
    }

    void at(long done, double loss) {
        long now = System.nanoTime();
        if (!shown || now - drawn < REDRAW_NANOS) {
            return;
        }
        drawn = now;
        int filled = (int) (WIDTH * done / steps);
        double secondsLeft = (now - start) / 1e9 * (steps - done) / done;
        terminal.printf(Locale.ROOT, "%s%s [%s%s] %d/%d  loss %.4f  %.0f s left", CLEAR_LINE, task, "#".repeat(filled),
                ".".repeat(WIDTH - filled), done, steps, loss, secondsLeft);
        terminal.flush();
    }

    @Override
    public void close() {
        if (shown) {
            terminal.print(CLEAR_LINE);
            terminal.flush();
        }
    }
}
