package dev.swiglu.tools.verify.inputs;

import dev.swiglu.Tensor;
import dev.swiglu.TensorType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Numbers put into the element type that a graph input declares. */
final class TypedTensors {

    private TypedTensors() {}

    static Tensor real(TensorType type, double[] values, long... shape) {
        return switch (type) {
            case FLOAT64 -> Tensor.float64(values, shape);
            case FLOAT32 -> Tensor.float32(floats(values), shape);
            case FLOAT16 -> Tensor.float16(floats(values), shape);
            case BFLOAT16 -> Tensor.bfloat16(floats(values), shape);
            default -> throw new IllegalArgumentException(type + " does not hold real numbers");
        };
    }

    static Tensor integer(TensorType type, long[] values, long... shape) {
        ByteBuffer elements = ByteBuffer.allocate(values.length * type.bytes()).order(ByteOrder.nativeOrder());
        for (long value : values) {
            switch (type) {
                case INT64 -> elements.putLong(value);
                case INT32 -> elements.putInt(Math.toIntExact(value));
                case INT16 -> elements.putShort((short) value);
                case INT8, UINT8, BOOL -> elements.put((byte) value);
                default -> throw new IllegalArgumentException(type + " does not hold integers");
            }
        }
        return Tensor.of(type, elements.flip(), shape);
    }

    private static float[] floats(double[] values) {
        float[] narrowed = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            narrowed[i] = (float) values[i];
        }
        return narrowed;
    }
}
