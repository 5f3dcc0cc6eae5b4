package dev.swiglu;

/** The operator library was not found, could not be unpacked, or does not load. The message lists everything that was tried. */
public final class NativeLibraryException extends SwiGluException {
    private static final long serialVersionUID = 1L;

    NativeLibraryException(String message) {
        this(message, null);
    }

    NativeLibraryException(String message, Throwable cause) {
        super(message, cause);
    }
}
