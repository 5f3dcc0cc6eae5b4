package dev.swiglu;

/** A device was asked for by name and is not there. Nothing ran on another device instead. */
public final class DeviceUnavailableException extends SwiGluException {
    private static final long serialVersionUID = 1L;

    DeviceUnavailableException(String message) {
        this(message, null);
    }

    DeviceUnavailableException(String message, Throwable cause) {
        super(message, cause);
    }
}
