package dev.swiglu;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.TensorInfo;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.ShortBuffer;
import java.util.Arrays;
import java.util.Objects;

/**
 * An immutable array of any rank, held in Java memory, so nothing needs to be closed. Two tensors are equal when type,
 * shape and every bit are equal. A shape without dimensions is a scalar; dimensions may be 0.
 *
 * <p>Factories round to the nearest value of the narrower type, ties to even; readers widen exactly and refuse a type that
 * does not fit.
 */
public final class Tensor {
    private final TensorType type;
    private final long[] shape;
    private final ByteBuffer data;

    private Tensor(TensorType type, long[] shape, ByteBuffer data) {
        this.type = type;
        this.shape = shape.clone();
        this.data = data.asReadOnlyBuffer().order(ByteOrder.nativeOrder());
    }

    public static Tensor float32(float[] values, long... shape) {
        ByteBuffer data = TensorData.allocate(TensorType.FLOAT32, values.length, shape);
        data.asFloatBuffer().put(values);
        return new Tensor(TensorType.FLOAT32, shape, data);
    }

    public static Tensor float16(float[] values, long... shape) {
        ByteBuffer data = TensorData.allocate(TensorType.FLOAT16, values.length, shape);
        for (int i = 0; i < values.length; i++) {
            data.putShort(i * Short.BYTES, Float16.round(values[i]));
        }
        return new Tensor(TensorType.FLOAT16, shape, data);
    }

    public static Tensor bfloat16(float[] values, long... shape) {
        ByteBuffer data = TensorData.allocate(TensorType.BFLOAT16, values.length, shape);
        for (int i = 0; i < values.length; i++) {
            data.putShort(i * Short.BYTES, BFloat16.round(values[i]));
        }
        return new Tensor(TensorType.BFLOAT16, shape, data);
    }

    public static Tensor float64(double[] values, long... shape) {
        ByteBuffer data = TensorData.allocate(TensorType.FLOAT64, values.length, shape);
        data.asDoubleBuffer().put(values);
        return new Tensor(TensorType.FLOAT64, shape, data);
    }

    public static Tensor int64(long[] values, long... shape) {
        ByteBuffer data = TensorData.allocate(TensorType.INT64, values.length, shape);
        data.asLongBuffer().put(values);
        return new Tensor(TensorType.INT64, shape, data);
    }

    public static Tensor int32(int[] values, long... shape) {
        ByteBuffer data = TensorData.allocate(TensorType.INT32, values.length, shape);
        data.asIntBuffer().put(values);
        return new Tensor(TensorType.INT32, shape, data);
    }

    public static Tensor bool(boolean[] values, long... shape) {
        ByteBuffer data = TensorData.allocate(TensorType.BOOL, values.length, shape);
        for (int i = 0; i < values.length; i++) {
            data.put(i, (byte) (values[i] ? 1 : 0));
        }
        return new Tensor(TensorType.BOOL, shape, data);
    }

    /** Copies the remaining bytes of {@code elements}: packed, row by row, in the machine's byte order. */
    public static Tensor of(TensorType type, ByteBuffer elements, long... shape) {
        int size = TensorData.size(type, shape);
        if (elements.remaining() != size) {
            throw new IllegalArgumentException(type + Arrays.toString(shape) + " has " + size + " bytes, and "
                    + elements.remaining() + " are given.");
        }
        ByteBuffer data = TensorData.allocate(type, size / type.bytes(), shape);
        data.put(elements.duplicate()).rewind();
        return new Tensor(type, shape, data);
    }

    /** Takes {@code elements} over, all of them, from position 0 on. */
    static Tensor over(TensorType type, ByteBuffer elements, long... shape) {
        return new Tensor(type, shape, elements);
    }

    /** Copies a tensor out of ONNX Runtime's memory; {@code tensor} stays open and belongs to the caller. */
    public static Tensor of(OnnxTensor tensor) {
        TensorInfo info = tensor.getInfo();
        TensorType type = TensorType.of(info.type).orElseThrow(() ->
                new IllegalArgumentException("Tensors of type " + info.onnxType + " cannot be read in Java."));
        TensorData.size(type, info.getShape());
        return new Tensor(type, info.getShape(), tensor.getByteBuffer());
    }

    public TensorType type() {
        return type;
    }

    public long[] shape() {
        return shape.clone();
    }

    /** Number of elements. */
    public int size() {
        return data.capacity() / type.bytes();
    }

    /** The elements as ONNX Runtime keeps them: packed, row by row, in the machine's byte order; read-only. */
    public ByteBuffer data() {
        return data.duplicate().order(ByteOrder.nativeOrder());
    }

    /** The elements of a float32, float16 or bfloat16 tensor, row by row. */
    public float[] floats() {
        return floats(0, size());
    }

    /** Some of them: {@code count} elements from {@code first} on. */
    public float[] floats(int first, int count) {
        Objects.checkFromIndexSize(first, count, size());
        if (!type.isFloatingPoint() || type == TensorType.FLOAT64) {
            throw new IllegalStateException(type + " does not fit into floats; read it with "
                    + (type == TensorType.FLOAT64 ? "doubles()." : "longs()."));
        }
        float[] values = new float[count];
        if (type == TensorType.FLOAT32) {
            data().asFloatBuffer().get(first, values);
        } else {
            ShortBuffer elements = data().asShortBuffer();
            for (int i = 0; i < count; i++) {
                short bits = elements.get(first + i);
                values[i] = type == TensorType.FLOAT16 ? Float16.widen(bits) : BFloat16.widen(bits);
            }
        }
        return values;
    }

    /** The elements of any type but int64, row by row. */
    public double[] doubles() {
        double[] values = new double[size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = TensorData.floating(type, data, i);
        }
        return values;
    }

    /** The elements of an integer or bool tensor, row by row; true is 1. */
    public long[] longs() {
        long[] values = new long[size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = TensorData.integer(type, data, i);
        }
        return values;
    }

    /** One element of any type but int64, by one index for each dimension. */
    public double get(long... index) {
        return TensorData.floating(type, data, Shape.offset(shape, index));
    }

    /** {@link #data} in memory that native code can reach, copied where it is not. */
    ByteBuffer directData() {
        return data.isDirect() ? data() : ByteBuffer.allocateDirect(data.capacity()).put(data()).flip();
    }

    /** As ONNX Runtime has it, the caller's to close: a view where the memory is direct, so this tensor must outlive it. */
    public OnnxTensor toOnnx() {
        try {
            return toOnnx(RuntimeLoader.environment());
        } catch (OrtException refused) {
            throw new ModelException("ONNX Runtime does not accept " + this + ": " + refused.getMessage(), refused);
        }
    }

    private OnnxTensor toOnnx(OrtEnvironment environment) throws OrtException {
        ByteBuffer elements = data();
        return switch (type) {
            case FLOAT32 -> OnnxTensor.createTensor(environment, elements.asFloatBuffer(), shape);
            case FLOAT64 -> OnnxTensor.createTensor(environment, elements.asDoubleBuffer(), shape);
            case FLOAT16, BFLOAT16, INT16 -> OnnxTensor.createTensor(environment, elements.asShortBuffer(), shape, type.onnx());
            case INT64 -> OnnxTensor.createTensor(environment, elements.asLongBuffer(), shape);
            case INT32 -> OnnxTensor.createTensor(environment, elements.asIntBuffer(), shape);
            case INT8, UINT8, BOOL -> OnnxTensor.createTensor(environment, elements, shape, type.onnx());
        };
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Tensor that && type == that.type && Arrays.equals(shape, that.shape) && data.equals(that.data);
    }

    @Override
    public int hashCode() {
        return 31 * (31 * type.hashCode() + Arrays.hashCode(shape)) + data.hashCode();
    }

    @Override
    public String toString() {
        return type + Arrays.toString(shape);
    }
}
