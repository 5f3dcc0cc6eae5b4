package dev.swiglu.tools.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import java.util.Optional;

/** What a Constant node holds: a tensor, or in ONNX's short forms one number or a list of them. */
public final class ConstantNode {
    private ConstantNode() {
    }

    /** Empty for texts, sparse tensors and, inside of a function, what each call of it says. */
    public static Optional<TensorProto> tensor(NodeProto node) {
        return node.getAttributeList().stream().filter(attribute -> attribute.getRefAttrName().isEmpty())
                .flatMap(attribute -> tensor(attribute).stream()).findFirst();
    }

    private static Optional<TensorProto> tensor(AttributeProto attribute) {
        TensorProto.Builder floats = TensorProto.newBuilder().setDataType(ElementType.FLOAT32.onnxNumber());
        TensorProto.Builder integers = TensorProto.newBuilder().setDataType(ElementType.INT64.onnxNumber());
        return switch (attribute.getName()) {
            case "value" -> Optional.of(attribute.getT());
            case "value_float" -> Optional.of(floats.addFloatData(attribute.getF()).build());
            case "value_floats" -> Optional.of(floats.addDims(attribute.getFloatsCount())
                    .addAllFloatData(attribute.getFloatsList()).build());
            case "value_int" -> Optional.of(integers.addInt64Data(attribute.getI()).build());
            case "value_ints" -> Optional.of(integers.addDims(attribute.getIntsCount())
                    .addAllInt64Data(attribute.getIntsList()).build());
            default -> Optional.empty();
        };
    }
}
