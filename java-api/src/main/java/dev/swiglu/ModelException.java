package dev.swiglu;

/** ONNX Runtime refused a model or failed while running it. Where its message is one of {@link CudaTrouble}, ours explains it. */
public final class ModelException extends SwiGluException {
    private static final long serialVersionUID = 1L;

    public ModelException(String message) {
        this(message, null);
    }

    public ModelException(String message, Throwable cause) {
        super(message + CudaTrouble.explain(message).map(explanation -> " " + explanation).orElse(""), cause);
    }
}
