package dev.swiglu;

/** A failure that a person can act on. The message is one or two sentences that name what failed and what to do. */
public abstract sealed class SwiGluException extends RuntimeException
        permits NativeLibraryException, DeviceUnavailableException, ModelException, CheckpointException {
    private static final long serialVersionUID = 1L;

    SwiGluException(String message, Throwable cause) {
        super(message, cause);
    }
}
