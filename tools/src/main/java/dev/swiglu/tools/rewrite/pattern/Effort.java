package dev.swiglu.tools.rewrite.pattern;

import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.ToolException;
import java.nio.file.Path;

/**
 * How much is read to recognize the gated MLPs of one model, in values of formulas. Those of a thousand experts take some
 * ten thousand; a graph of activations of activations, which nobody trains, would take hundreds for every node.
 */
public final class Effort {
    private static final long MOST = 500_000;

    private final Path file;
    private long spent;

    Effort(Path file) {
        this.file = file;
    }

    public void step() {
        if (++spent > MOST) {
            throw new ToolException(ExitCode.REFUSED, "Finding the gated MLPs of " + file + " takes more than " + MOST
                    + " steps; its products and activations would have to be fewer or less deep in each other.");
        }
    }
}
