package dev.swiglu.tools.onnx;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/**
 * Every tensor of a model. ONNX allows them as initializers, inside sparse tensors and as node attributes, in the main
 * graph, in nested bodies, in local functions and in training graphs; walking the messages by their descriptors misses
 * none of these.
 */
public final class Tensors {
    private Tensors() {
    }

    public static void forEach(ModelProto model, Consumer<TensorProto> action) {
        map(model, tensor -> {
            action.accept(tensor);
            return tensor;
        });
    }

    /** The model with each tensor replaced by what {@code change} answers; what stays the same is shared, not copied. */
    public static ModelProto map(ModelProto model, UnaryOperator<TensorProto> change) {
        return (ModelProto) mapMessage(model, change);
    }

    private static Message mapMessage(Message message, UnaryOperator<TensorProto> change) {
        if (message instanceof TensorProto tensor) {
            return change.apply(tensor);
        }
        Message.Builder changed = null;
        for (Map.Entry<FieldDescriptor, Object> entry : message.getAllFields().entrySet()) {
            FieldDescriptor field = entry.getKey();
            if (field.getJavaType() != FieldDescriptor.JavaType.MESSAGE) {
                continue;
            }
            List<?> children = field.isRepeated() ? (List<?>) entry.getValue() : List.of(entry.getValue());
            for (int i = 0; i < children.size(); i++) {
                Message child = (Message) children.get(i);
                Message mapped = mapMessage(child, change);
                if (mapped == child) {
                    continue;
                }
                changed = changed == null ? message.toBuilder() : changed;
                if (field.isRepeated()) {
                    changed.setRepeatedField(field, i, mapped);
                } else {
                    changed.setField(field, mapped);
                }
            }
        }
        return changed == null ? message : changed.build();
    }
}
