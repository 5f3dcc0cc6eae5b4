package dev.swiglu;

/** A checkpoint that is cut off, damaged, of another format, or of another model. */
public final class CheckpointException extends SwiGluException {
    private static final long serialVersionUID = 1L;

    public CheckpointException(String message) {
        this(message, null);
    }

    public CheckpointException(String message, Throwable cause) {
        super(message, cause);
    }
}
