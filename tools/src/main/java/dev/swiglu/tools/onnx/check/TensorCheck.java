package dev.swiglu.tools.onnx.check;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.Descriptors.FieldDescriptor;
import dev.swiglu.tools.onnx.ElementType;
import dev.swiglu.tools.onnx.ElementCount;
import dev.swiglu.tools.onnx.ExternalData;
import dev.swiglu.tools.onnx.NodeRef;
import dev.swiglu.tools.onnx.Tensors;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Stream;

/**
 * A tensor has dimensions that exist and holds as many elements as they say, in one place: {@code raw_data}, the field
 * that ONNX assigns to its type, or a file. Types newer than this tool are taken as they are.
 */
final class TensorCheck implements ModelCheck {
    private static final List<FieldDescriptor> STORAGE = Stream.of(
            TensorProto.RAW_DATA_FIELD_NUMBER, TensorProto.FLOAT_DATA_FIELD_NUMBER, TensorProto.INT32_DATA_FIELD_NUMBER,
            TensorProto.INT64_DATA_FIELD_NUMBER, TensorProto.DOUBLE_DATA_FIELD_NUMBER, TensorProto.UINT64_DATA_FIELD_NUMBER,
            TensorProto.STRING_DATA_FIELD_NUMBER).map(TensorProto.getDescriptor()::findFieldByNumber).toList();

    @Override
    public void check(ModelProto model, Path file) {
        Tensors.forEachMessage(model, TensorProto.class, (owner, tensor) -> {
            String problem = problem(tensor);
            if (problem != null) {
                throw Refusal.of(file, describe(tensor, owner) + " " + problem);
            }
        });
    }

    static String describe(TensorProto tensor, NodeProto owner) {
        return "tensor '" + tensor.getName() + "'" + (owner == null ? "" : " of the " + NodeRef.describe(owner));
    }

    /** What is wrong with the tensor, or null. */
    private static String problem(TensorProto tensor) {
        OptionalLong count = ElementCount.of(tensor.getDimsList());
        if (count.isEmpty()) {
            return "has dimensions " + tensor.getDimsList() + ": negative, or too many elements to count";
        }
        List<FieldDescriptor> used = STORAGE.stream().filter(field -> held(tensor, field) > 0).toList();
        if (ExternalData.isExternal(tensor)) {
            return used.isEmpty() ? null : "keeps its data in a file and here, too";
        }
        if (used.size() > 1) {
            return "keeps its data in two places, " + used.get(0).getName() + " and " + used.get(1).getName();
        }
        ElementType type = ElementType.of(tensor.getDataType());
        if (type == ElementType.UNKNOWN) {
            return tensor.getDataType() == 0 ? "has no element type" : null;
        }
        boolean raw = tensor.hasRawData() && type != ElementType.STRING;
        FieldDescriptor field = raw ? STORAGE.get(0) : typedField(type);
        if (!used.isEmpty() && used.get(0) != field) {
            return "keeps elements of " + type.label() + " in " + used.get(0).getName();
        }
        long expected = raw ? ElementCount.bytes(type, count.getAsLong()) : entries(type, count.getAsLong());
        return expected == held(tensor, field) ? null : "has dimensions " + tensor.getDimsList() + " of " + type.label()
                + ", which need " + expected + (raw ? " bytes" : " entries") + ", and holds " + held(tensor, field);
    }

    private static long held(TensorProto tensor, FieldDescriptor field) {
        return field.isRepeated() ? tensor.getRepeatedFieldCount(field) : tensor.getRawData().size();
    }

    private static FieldDescriptor typedField(ElementType type) {
        int number = switch (type) {
            case FLOAT32, COMPLEX64 -> TensorProto.FLOAT_DATA_FIELD_NUMBER;
            case FLOAT64, COMPLEX128 -> TensorProto.DOUBLE_DATA_FIELD_NUMBER;
            case INT64 -> TensorProto.INT64_DATA_FIELD_NUMBER;
            case UINT32, UINT64 -> TensorProto.UINT64_DATA_FIELD_NUMBER;
            case STRING -> TensorProto.STRING_DATA_FIELD_NUMBER;
            default -> TensorProto.INT32_DATA_FIELD_NUMBER;
        };
        return TensorProto.getDescriptor().findFieldByNumber(number);
    }

    /** How many entries of its field a tensor takes: complex numbers two each, elements of less than a byte share one. */
    private static long entries(ElementType type, long count) {
        return switch (type) {
            case COMPLEX64, COMPLEX128 -> Math.multiplyExact(2, count);
            case STRING -> count;
            default -> type.bits() < 8 ? ElementCount.bytes(type, count) : count;
        };
    }
}
