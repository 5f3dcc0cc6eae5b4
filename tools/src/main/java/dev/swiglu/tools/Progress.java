package dev.swiglu.tools;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** One line on a terminal that says how far a long task is; where people do not watch, nothing. */
public final class Progress implements AutoCloseable {
    public static final Progress NONE = new Progress(null, false, "", 1);

    private static final int WIDTH = 30;
    private static final long REDRAW_NANOS = 100_000_000;
    private static final String CLEAR_LINE = "\r\033[K";

    private final PrintWriter terminal;
    private final boolean shown;
    private final String task;
    private final long steps;
    private final long start = System.nanoTime();
    private long drawn = start - REDRAW_NANOS;

    public Progress(PrintWriter terminal, boolean shown, String task, long steps) {
        this.terminal = terminal;
        this.shown = shown;
        this.task = task;
        this.steps = steps;
    }

    /** A line on standard error, if that is a terminal. */
    public static Progress onTerminal(PrintWriter err, String task, long steps) {
        return new Progress(err, isTerminal(), task, steps);
    }

    /**
     * @param done more than there are steps where their number was a guess
     * @param detail what else to say, as a loss or a file
     */
    public void at(long done, String detail) {
        long now = System.nanoTime();
        if (!shown || now - drawn < REDRAW_NANOS) {
            return;
        }
        drawn = now;
        long reached = Math.min(done, steps);
        int filled = (int) (WIDTH * reached / steps);
        double secondsLeft = (now - start) / 1e9 * (steps - reached) / Math.max(1, done);
        terminal.print(CLEAR_LINE + task + " [" + "#".repeat(filled) + ".".repeat(WIDTH - filled) + "] " + done + "/" + steps
                + "  " + detail + (done == 0 ? "" : String.format(Locale.ROOT, "  %.0f s left", secondsLeft)));
        terminal.flush();
    }

    @Override
    public void close() {
        if (shown) {
            terminal.print(CLEAR_LINE);
            terminal.flush();
        }
    }

    /** Java asks about standard input and output together only, so Linux is asked what standard error is. */
    private static boolean isTerminal() {
        try {
            return Files.readSymbolicLink(Path.of("/proc/self/fd/2")).toString().matches("/dev/(pts/|tty|console).*");
        } catch (IOException | UnsupportedOperationException unknown) {
            return false;
        }
    }
}
