package dev.swiglu.tools;

/** A failure that a person can act on: one or two sentences that name the file or node, and the exit code that goes with it. */
public final class ToolException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final ExitCode exitCode;

    public ToolException(ExitCode exitCode, String message) {
        this(exitCode, message, null);
    }

    public ToolException(ExitCode exitCode, String message, Throwable cause) {
        super(message, cause);
        this.exitCode = exitCode;
    }

    public ExitCode exitCode() {
        return exitCode;
    }
}
