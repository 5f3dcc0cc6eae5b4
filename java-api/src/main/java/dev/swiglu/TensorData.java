package dev.swiglu;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/** Elements as ONNX Runtime keeps them: packed, row by row, in the machine's byte order. */
final class TensorData {
    /** Some virtual machines cannot allocate the last few bytes below 2 GiB. */
    private static final long MOST_BYTES = Integer.MAX_VALUE - 8;

    private TensorData() {}

    static int size(TensorType type, long... shape) {
        long elements = Shape.elements(shape);
        if (elements > MOST_BYTES / type.bytes()) {
            throw new IllegalArgumentException("A Java tensor holds less than 2 GiB, which " + type + Arrays.toString(shape)
                    + " exceeds.");
        }
        return (int) elements * type.bytes();
    }

    /** Direct, because ONNX Runtime reads such memory in place and copies any other on each run. */
    static ByteBuffer allocate(TensorType type, int given, long... shape) {
        int size = size(type, shape);
        if (given != size / type.bytes()) {
            throw new IllegalArgumentException("The shape " + Arrays.toString(shape) + " has " + size / type.bytes()
                    + " elements, and " + given + " values are given.");
        }
        return ByteBuffer.allocateDirect(size).order(ByteOrder.nativeOrder());
    }

    static double floating(TensorType type, ByteBuffer data, int position) {
        return switch (type) {
            case FLOAT32 -> data.getFloat(position * Float.BYTES);
            case FLOAT16 -> Float16.widen(data.getShort(position * Short.BYTES));
            case BFLOAT16 -> BFloat16.widen(data.getShort(position * Short.BYTES));
            case FLOAT64 -> data.getDouble(position * Double.BYTES);
            case INT64 -> throw new IllegalStateException("int64 does not fit into a double; read it with longs().");
            case INT32, INT16, INT8, UINT8, BOOL -> integer(type, data, position);
        };
    }

    static long integer(TensorType type, ByteBuffer data, int position) {
        return switch (type) {
            case INT64 -> data.getLong(position * Long.BYTES);
            case INT32 -> data.getInt(position * Integer.BYTES);
            case INT16 -> data.getShort(position * Short.BYTES);
            case INT8 -> data.get(position);
            case UINT8 -> Byte.toUnsignedLong(data.get(position));
            case BOOL -> data.get(position) == 0 ? 0 : 1;
            case FLOAT32, FLOAT16, BFLOAT16, FLOAT64 ->
                    throw new IllegalStateException(type + " does not hold integers; read it with doubles().");
        };
    }
}
