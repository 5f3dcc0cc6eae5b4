package dev.swiglu;

/** ONNX Runtime refused a model or failed while running it. */
public final class ModelException extends SwiGluException {
    private static final long serialVersionUID = 1L;

    ModelException(String message) {
        this(message, null);
    }

    ModelException(String message, Throwable cause) {
        super(message, cause);
    }
}
