package dev.swiglu.tools.onnx;

import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.ByteString;
import dev.swiglu.BFloat16;
import dev.swiglu.Float16;
import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.ToolException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * The numbers in a tensor, wherever ONNX keeps them: {@code raw_data}, one of the typed fields, or a file beside the
 * model. A tensor that declares another number of elements than it holds is refused.
 */
public final class TensorData {
    private final TensorProto tensor;
    private final ElementType type;
    private final int count;
    private final Path model;

    private TensorData(TensorProto tensor, Path model) {
        this.tensor = tensor;
        this.type = ElementType.of(tensor.getDataType());
        this.count = elementCount(tensor);
        this.model = model;
    }

    /** @param model the model's file, beside which external data lies */
    public static TensorData of(TensorProto tensor, Path model) {
        return new TensorData(tensor, model);
    }

    /** A tensor without dimensions that holds {@code value}, rounded to {@code type}. */
    public static TensorProto scalar(ElementType type, double value) {
        ByteBuffer bytes = ByteBuffer.allocate(type.bits() / 8).order(ByteOrder.LITTLE_ENDIAN);
        switch (type) {
            case FLOAT32 -> bytes.putFloat((float) value);
            case FLOAT64 -> bytes.putDouble(value);
            case FLOAT16 -> bytes.putShort(Float16.round((float) value));
            case BFLOAT16 -> bytes.putShort(BFloat16.round((float) value));
            default -> throw new IllegalArgumentException(type.label());
        }
        return TensorProto.newBuilder().setDataType(type.onnxNumber())
                .setRawData(ByteString.copyFrom(bytes.flip())).build();
    }

    /** The number of {@code type} that is nearest to {@code value}. */
    public static double rounded(ElementType type, double value) {
        return of(scalar(type, value), null).doubles()[0];
    }

    public ElementType type() {
        return type;
    }

    public int count() {
        return count;
    }

    public int rank() {
        return tensor.getDimsCount();
    }

    /** Every element as a double; exact for all floating-point types and for integers up to 2^53. */
    public double[] doubles() {
        double[] values = new double[count];
        boolean floatingPoint = type.isComputable();
        if (!floatingPoint) {
            long[] integers = longs();
            Arrays.setAll(values, i -> integers[i]);
        } else if (isTyped()) {
            List<? extends Number> typed = typedFloatingPoint();
            requireCount(typed.size());
            Arrays.setAll(values, i -> isNarrow() ? widen(typed.get(i).shortValue()) : typed.get(i).doubleValue());
        } else {
            ByteBuffer bytes = bytes();
            Arrays.setAll(values, i -> floatingPointAt(bytes, i));
        }
        return values;
    }

    /** The same elements piece by piece, for tensors too large to be widened whole; any number of threads may read. */
    public DoubleSource source() {
        if (isTyped() || !type.isComputable()) {
            return DoubleSource.of(doubles());
        }
        ByteBuffer bytes = bytes();
        return (first, target, wanted) -> {
            int start = Math.toIntExact(first);
            for (int i = 0; i < wanted; i++) {
                target[i] = floatingPointAt(bytes, start + i);
            }
        };
    }

    /** Every element of an integer or boolean tensor. */
    public long[] longs() {
        long[] values = new long[count];
        if (!isTyped()) {
            ByteBuffer bytes = bytes();
            for (int i = 0; i < count; i++) {
                values[i] = integerAt(bytes, i);
            }
            return values;
        }
        List<? extends Number> typed = switch (type) {
            case INT64 -> tensor.getInt64DataList();
            case UINT32, UINT64 -> tensor.getUint64DataList();
            case INT32, INT16, INT8, UINT16, UINT8, BOOL -> tensor.getInt32DataList();
            default -> throw unreadable("holds " + type.label() + ", which is not read as integers");
        };
        requireCount(typed.size());
        for (int i = 0; i < count; i++) {
            values[i] = typed.get(i).longValue();
        }
        return values;
    }

    /** The packed little-endian elements of a tensor that keeps them in {@code raw_data} or in a file. */
    private ByteBuffer bytes() {
        ByteBuffer bytes = ExternalData.isExternal(tensor)
                ? ExternalData.of(tensor).map(model)
                : tensor.getRawData().asReadOnlyByteBuffer();
        if (bytes.remaining() != (long) count * type.bits() / 8) {
            throw unreadable("declares " + count + " elements of " + type.label() + " and holds " + bytes.remaining()
                    + " bytes");
        }
        return bytes.order(ByteOrder.LITTLE_ENDIAN);
    }

    private double floatingPointAt(ByteBuffer bytes, int index) {
        int at = bytes.position();
        return switch (type) {
            case FLOAT32 -> bytes.getFloat(at + 4 * index);
            case FLOAT64 -> bytes.getDouble(at + 8 * index);
            default -> widen(bytes.getShort(at + 2 * index));
        };
    }

    private long integerAt(ByteBuffer bytes, int index) {
        int at = bytes.position();
        return switch (type) {
            case INT64, UINT64 -> bytes.getLong(at + 8 * index);
            case INT32 -> bytes.getInt(at + 4 * index);
            case UINT32 -> Integer.toUnsignedLong(bytes.getInt(at + 4 * index));
            case INT16 -> bytes.getShort(at + 2 * index);
            case UINT16 -> Short.toUnsignedLong(bytes.getShort(at + 2 * index));
            case INT8 -> bytes.get(at + index);
            case UINT8, BOOL -> Byte.toUnsignedLong(bytes.get(at + index));
            default -> throw unreadable("holds " + type.label() + ", which is not read as integers");
        };
    }

    private float widen(short bits) {
        return type == ElementType.BFLOAT16 ? BFloat16.widen(bits) : Float16.widen(bits);
    }

    /** The typed field that ONNX assigns to this type; 16-bit floats are kept as bit patterns. */
    private List<? extends Number> typedFloatingPoint() {
        return switch (type) {
            case FLOAT32 -> tensor.getFloatDataList();
            case FLOAT64 -> tensor.getDoubleDataList();
            default -> tensor.getInt32DataList();
        };
    }

    private boolean isNarrow() {
        return type == ElementType.FLOAT16 || type == ElementType.BFLOAT16;
    }

    private boolean isTyped() {
        return !ExternalData.isExternal(tensor) && !tensor.hasRawData();
    }

    private void requireCount(int held) {
        if (held != count) {
            throw unreadable("declares " + count + " elements and holds " + held);
        }
    }

    private ToolException unreadable(String why) {
        return new ToolException(ExitCode.REFUSED, "Tensor '" + tensor.getName() + "' " + why + ".");
    }

    private static int elementCount(TensorProto tensor) {
        long count = 1;
        for (long size : tensor.getDimsList()) {
            boolean fits = size >= 0 && size <= Integer.MAX_VALUE && count * size <= Integer.MAX_VALUE;
            if (!fits) {
                throw new ToolException(ExitCode.REFUSED, "Tensor '" + tensor.getName() + "' has dimensions "
                        + tensor.getDimsList() + ": negative, or more than 2^31 elements.");
            }
            count *= size;
        }
        return (int) count;
    }
}
