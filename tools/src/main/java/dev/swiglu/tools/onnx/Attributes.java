package dev.swiglu.tools.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** Reading and making node attributes. */
public final class Attributes {
    private Attributes() {
    }

    public static Optional<AttributeProto> find(NodeProto node, String name) {
        return node.getAttributeList().stream().filter(attribute -> attribute.getName().equals(name)).findFirst();
    }

    public static long integer(NodeProto node, String name, long whenAbsent) {
        return find(node, name).map(AttributeProto::getI).orElse(whenAbsent);
    }

    public static float real(NodeProto node, String name, float whenAbsent) {
        return find(node, name).map(AttributeProto::getF).orElse(whenAbsent);
    }

    public static String text(NodeProto node, String name, String whenAbsent) {
        return find(node, name).map(AttributeProto::getS).map(ByteString::toStringUtf8).orElse(whenAbsent);
    }

    public static List<Long> integers(NodeProto node, String name) {
        return find(node, name).map(AttributeProto::getIntsList).orElse(List.of());
    }

    /** The graphs that the node carries: the branches of an If, the body of a Loop or Scan. */
    public static List<GraphProto> bodies(AttributeProto attribute) {
        List<GraphProto> bodies = new ArrayList<>(attribute.getGraphsList());
        if (attribute.hasG()) {
            bodies.add(attribute.getG());
        }
        return bodies;
    }

    /** The node with each graph that it carries replaced by what {@code change} answers; the node itself when none changes. */
    public static NodeProto mapBodies(NodeProto node, UnaryOperator<GraphProto> change) {
        NodeProto.Builder changed = null;
        for (int i = 0; i < node.getAttributeCount(); i++) {
            AttributeProto attribute = node.getAttribute(i);
            List<GraphProto> bodies = bodies(attribute);
            List<GraphProto> mapped = bodies.stream().map(change).toList();
            if (mapped.equals(bodies)) {
                continue;
            }
            AttributeProto.Builder result = attribute.toBuilder().clearGraphs()
                    .addAllGraphs(mapped.subList(0, attribute.getGraphsCount()));
            if (attribute.hasG()) {
                result.setG(mapped.get(mapped.size() - 1));
            }
            changed = (changed == null ? node.toBuilder() : changed).setAttribute(i, result);
        }
        return changed == null ? node : changed.build();
    }

    public static AttributeProto of(String name, String value) {
        return named(name, AttributeProto.AttributeType.STRING)
                .setS(ByteString.copyFromUtf8(value)).build();
    }

    public static AttributeProto of(String name, long value) {
        return named(name, AttributeProto.AttributeType.INT).setI(value).build();
    }

    public static AttributeProto of(String name, float value) {
        return named(name, AttributeProto.AttributeType.FLOAT).setF(value).build();
    }

    public static AttributeProto of(String name, List<Long> values) {
        return named(name, AttributeProto.AttributeType.INTS).addAllInts(values).build();
    }

    public static AttributeProto of(String name, TensorProto value) {
        return named(name, AttributeProto.AttributeType.TENSOR).setT(value).build();
    }

    private static AttributeProto.Builder named(String name, AttributeProto.AttributeType type) {
        return AttributeProto.newBuilder().setName(name).setType(type);
    }
}
