package dev.swiglu.tools.onnx;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/**
 * Every tensor of a model. ONNX allows them as initializers, inside sparse tensors and as node attributes, in the main
 * graph, in nested bodies, in local functions and in training graphs; walking the messages by their descriptors misses
 * none of these.
 */
public final class Tensors {
    /** The fields of each kind of message that lead to tensors; the others need not be looked at. */
    private static final Map<Descriptor, List<FieldDescriptor>> LEADING = new ConcurrentHashMap<>();

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
        for (FieldDescriptor field : leading(message)) {
            if (field.isRepeated()) {
                ((List<?>) message.getField(field)).forEach(child -> visit((Message) child, inner, kind, action));
            } else if (message.hasField(field)) {
                visit((Message) message.getField(field), inner, kind, action);
            }
        }
    }

    private static List<FieldDescriptor> leading(Message message) {
        return LEADING.computeIfAbsent(message.getDescriptorForType(), type -> type.getFields().stream().filter(field ->
                field.getJavaType() == FieldDescriptor.JavaType.MESSAGE && leads(field.getMessageType(), new HashSet<>())).toList());
    }

    private static boolean leads(Descriptor type, Set<Descriptor> seen) {
        return type.equals(TensorProto.getDescriptor()) || seen.add(type) && type.getFields().stream().anyMatch(field ->
                field.getJavaType() == FieldDescriptor.JavaType.MESSAGE && leads(field.getMessageType(), seen));
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
        for (FieldDescriptor field : leading(message)) {
            if (!field.isRepeated() && !message.hasField(field)) {
                continue;
            }
            Object value = message.getField(field);
            List<?> children = field.isRepeated() ? (List<?>) value : List.of(value);
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
