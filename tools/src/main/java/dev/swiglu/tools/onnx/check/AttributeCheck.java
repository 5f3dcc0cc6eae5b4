package dev.swiglu.tools.onnx.check;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.AttributeProto.AttributeType;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import com.google.protobuf.Descriptors.FieldDescriptor;
import dev.swiglu.tools.onnx.NodeRef;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** An attribute holds what its type says and nothing else, so that every reader takes the same value from it. */
final class AttributeCheck implements ModelCheck {
    private static final Map<AttributeType, FieldDescriptor> FIELDS = Stream.of(AttributeType.values())
            .filter(type -> type != AttributeType.UNDEFINED).collect(Collectors.toMap(type -> type, AttributeCheck::field));

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
        FieldDescriptor expected = attribute.getRefAttrName().isEmpty() ? FIELDS.get(attribute.getType()) : null;
        Stream<FieldDescriptor> held = FIELDS.values().stream().filter(field -> field.isRepeated()
                ? attribute.getRepeatedFieldCount(field) > 0 : attribute.hasField(field));
        return expected == null ? held.count() <= (attribute.getRefAttrName().isEmpty() ? 1 : 0) : held.allMatch(expected::equals);
    }

    /** Where an attribute of this type holds its value: most fields are named as the type is. */
    private static FieldDescriptor field(AttributeType type) {
        return AttributeProto.getDescriptor().findFieldByName(switch (type) {
            case FLOAT -> "f";
            case INT -> "i";
            case STRING -> "s";
            case TENSOR -> "t";
            case GRAPH -> "g";
            case TYPE_PROTO -> "tp";
            default -> type.name().toLowerCase(Locale.ROOT);
        });
    }
}
