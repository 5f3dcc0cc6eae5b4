package dev.swiglu;

import ai.onnxruntime.OnnxJavaType;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** The element types that a {@link Tensor} holds, under ONNX's names in lower case. */
public enum TensorType {
    FLOAT32(4, OnnxJavaType.FLOAT),
    FLOAT16(2, OnnxJavaType.FLOAT16),
    BFLOAT16(2, OnnxJavaType.BFLOAT16),
    FLOAT64(8, OnnxJavaType.DOUBLE),
    INT64(8, OnnxJavaType.INT64),
    INT32(4, OnnxJavaType.INT32),
    INT16(2, OnnxJavaType.INT16),
    INT8(1, OnnxJavaType.INT8),
    UINT8(1, OnnxJavaType.UINT8),
    BOOL(1, OnnxJavaType.BOOL);

    private final int bytes;
    private final OnnxJavaType onnx;

    TensorType(int bytes, OnnxJavaType onnx) {
        this.bytes = bytes;
        this.onnx = onnx;
    }

    /** Size of one element. */
    public int bytes() {
        return bytes;
    }

    public boolean isFloatingPoint() {
        return this == FLOAT32 || this == FLOAT16 || this == BFLOAT16 || this == FLOAT64;
    }

    OnnxJavaType onnx() {
        return onnx;
    }

    static Optional<TensorType> of(OnnxJavaType onnx) {
        return Arrays.stream(values()).filter(type -> type.onnx == onnx).findFirst();
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
