package dev.swiglu;

import ai.onnxruntime.OnnxJavaType;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** The element types that a {@link Tensor} holds, under ONNX's names in lower case. */
public enum TensorType {
    FLOAT32(4, OnnxJavaType.FLOAT, 1),
    FLOAT16(2, OnnxJavaType.FLOAT16, 10),
    BFLOAT16(2, OnnxJavaType.BFLOAT16, 16),
    FLOAT64(8, OnnxJavaType.DOUBLE, 11),
    INT64(8, OnnxJavaType.INT64, 7),
    INT32(4, OnnxJavaType.INT32, 6),
    INT16(2, OnnxJavaType.INT16, 5),
    INT8(1, OnnxJavaType.INT8, 3),
    UINT8(1, OnnxJavaType.UINT8, 2),
    BOOL(1, OnnxJavaType.BOOL, 9);

    private final int bytes;
    private final OnnxJavaType onnx;
    private final int number;

    TensorType(int bytes, OnnxJavaType onnx, int number) {
        this.bytes = bytes;
        this.onnx = onnx;
        this.number = number;
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

    /** ONNX's number for the type, which ONNX Runtime's C interface uses and its Java interface does not. */
    int number() {
        return number;
    }

    static Optional<TensorType> of(OnnxJavaType onnx) {
        return Arrays.stream(values()).filter(type -> type.onnx == onnx).findFirst();
    }

    static Optional<TensorType> of(int number) {
        return Arrays.stream(values()).filter(type -> type.number == number).findFirst();
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
