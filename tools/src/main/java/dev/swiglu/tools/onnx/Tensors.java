package dev.swiglu.tools.onnx;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
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
        forEachMessage(model, TensorProto.class, (owner, tensor) -> action.accept(tensor));
    }

    /**
     * Every message of one kind, wherever it stands, but none inside of another one of its kind.
     *
     * @param action receives the node that carries the message, or null, and the message
     */
    public static <M extends Message> void forEachMessage(ModelProto model, Class<M> kind, BiConsumer<NodeProto, M> action) {
        visit(model, null, kind, action);
    }

    private static <M extends Message> void visit(Message message, NodeProto owner, Class<M> kind, BiConsumer<NodeProto, M> action) {
        if (kind.isInstance(message)) {
            action.accept(owner, kind.cast(message));
            return;
        }
        NodeProto inner = message instanceof NodeProto node ? node : owner;
        message.getAllFields().forEach((field, value) -> {
            if (field.getJavaType() == FieldDescriptor.JavaType.MESSAGE) {
                children(field, value).forEach(child -> visit((Message) child, inner, kind, action));
            }
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
            List<?> children = children(field, entry.getValue());
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

    private static List<?> children(FieldDescriptor field, Object value) {
        return field.isRepeated() ? (List<?>) value : List.of(value);
    }
}
