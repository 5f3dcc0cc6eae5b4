package dev.swiglu.tools.onnx.check;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.AttributeProto.AttributeType;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import com.google.protobuf.Descriptors.FieldDescriptor;
import dev.swiglu.tools.onnx.NodeRef;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** An attribute holds what its type says and nothing else, so that every reader takes the same value from it. */
final class AttributeCheck implements ModelCheck {
    private static final Map<AttributeType, Integer> FIELDS = Map.ofEntries(
            Map.entry(AttributeType.FLOAT, AttributeProto.F_FIELD_NUMBER),
            Map.entry(AttributeType.INT, AttributeProto.I_FIELD_NUMBER),
            Map.entry(AttributeType.STRING, AttributeProto.S_FIELD_NUMBER),
            Map.entry(AttributeType.TENSOR, AttributeProto.T_FIELD_NUMBER),
            Map.entry(AttributeType.GRAPH, AttributeProto.G_FIELD_NUMBER),
            Map.entry(AttributeType.SPARSE_TENSOR, AttributeProto.SPARSE_TENSOR_FIELD_NUMBER),
            Map.entry(AttributeType.TYPE_PROTO, AttributeProto.TP_FIELD_NUMBER),
            Map.entry(AttributeType.FLOATS, AttributeProto.FLOATS_FIELD_NUMBER),
            Map.entry(AttributeType.INTS, AttributeProto.INTS_FIELD_NUMBER),
            Map.entry(AttributeType.STRINGS, AttributeProto.STRINGS_FIELD_NUMBER),
            Map.entry(AttributeType.TENSORS, AttributeProto.TENSORS_FIELD_NUMBER),
            Map.entry(AttributeType.GRAPHS, AttributeProto.GRAPHS_FIELD_NUMBER),
            Map.entry(AttributeType.SPARSE_TENSORS, AttributeProto.SPARSE_TENSORS_FIELD_NUMBER),
            Map.entry(AttributeType.TYPE_PROTOS, AttributeProto.TYPE_PROTOS_FIELD_NUMBER));

    private static final Set<FieldDescriptor> VALUES = FIELDS.values().stream()
            .map(AttributeProto.getDescriptor()::findFieldByNumber).collect(Collectors.toSet());

    @Override
    public void check(ModelProto model, Path file) {
        for (Part part : Part.all(model)) {
            for (NodeProto node : part.nodes()) {
                for (AttributeProto attribute : node.getAttributeList()) {
                    if (!isConsistent(attribute)) {
                        throw Refusal.of(file, "attribute '" + attribute.getName() + "' of the " + NodeRef.describe(node) + part.place()
                                + " does not hold what its type " + attribute.getType() + " says");
                    }
                }
            }
        }
    }

    /** A type left out, as the oldest exporters do, may come with one value; a reference to a function's attribute with none. */
    private static boolean isConsistent(AttributeProto attribute) {
        Integer expected = attribute.getRefAttrName().isEmpty() ? FIELDS.get(attribute.getType()) : null;
        Stream<FieldDescriptor> held = VALUES.stream().filter(field -> field.isRepeated()
                ? attribute.getRepeatedFieldCount(field) > 0 : attribute.hasField(field));
        return expected == null ? held.count() <= (attribute.getRefAttrName().isEmpty() ? 1 : 0)
                : held.allMatch(field -> field.getNumber() == expected);
    }
}
