package dev.swiglu.tools.verify.inputs;

import ai.onnx.proto.OnnxMl.TensorShapeProto;
import dev.swiglu.tools.onnx.Attributes;
import dev.swiglu.tools.onnx.NodeRef;
import dev.swiglu.tools.onnx.Scope;
import java.util.Optional;

/**
 * The sizes of a key or value cache where its declaration leaves them open, as onnxruntime-genai's models do: read from
 * the attention node that takes the cache.
 */
public record AttentionCache(Scope graph, NodeRef attention) {

    /** The cache behind this graph input, if an attention node with its own sizes takes it. */
    static Optional<AttentionCache> takenFrom(Scope graph, String input) {
        return graph.consumers(input).stream().filter(AttentionCache::isAttention)
                .findFirst().map(node -> new AttentionCache(graph, node));
    }

    /** The cache behind this graph output. */
    public static Optional<AttentionCache> madeAs(Scope graph, String output) {
        return graph.producer(output).filter(AttentionCache::isAttention).map(node -> new AttentionCache(graph, node));
    }

    private static boolean isAttention(NodeRef node) {
        return Attributes.find(node.node(), "kv_num_heads").isPresent();
    }

    /** Whether the cache keeps the last tokens only, in a ring of fixed size. */
    public boolean rolling() {
        return Attributes.integer(attention.node(), "sliding_window_cache", 0) != 0;
    }

    /** How many places the cache has when {@code past} of them are used; a ring always has those of its window. */
    long places(int past) {
        return rolling() ? Math.max(past, Attributes.integer(attention.node(), "local_window_size", 0)) : past;
    }

    /** The columns of the projection that feeds the attention, divided by the heads that it makes. */
    Optional<Long> headSize() {
        long keyHeads = Attributes.integer(attention.node(), "kv_num_heads", 0);
        boolean packed = attention.input(1).isEmpty();
        long heads = packed ? Attributes.integer(attention.node(), "num_heads", 0) + 2 * keyHeads : keyHeads;
        String keys = attention.input(packed ? 0 : 1);
        return declaredColumns(keys).or(() -> columns(keys)).map(columns -> columns / heads);
    }

    private Optional<Long> declaredColumns(String value) {
        return graph.graph().getValueInfoList().stream().filter(info -> info.getName().equals(value))
                .map(info -> info.getType().getTensorType().getShape()).filter(shape -> shape.getDimCount() > 0)
                .map(shape -> shape.getDim(shape.getDimCount() - 1)).filter(TensorShapeProto.Dimension::hasDimValue)
                .map(TensorShapeProto.Dimension::getDimValue).findFirst();
    }

    /** Follows first inputs up to a projection; norms, rotations and biases in between keep the width. */
    private Optional<Long> columns(String value) {
        for (Optional<NodeRef> node = graph.producer(value); node.isPresent(); node = graph.producer(node.get().input(0))) {
            if (node.get().is("com.microsoft", "MatMulNBits")) {
                return Optional.of(Attributes.integer(node.get().node(), "N", 0));
            }
            if (node.get().is("MatMul")) {
                return graph.initializer(node.get().input(1)).map(weights -> weights.getDims(weights.getDimsCount() - 1));
            }
        }
        return Optional.empty();
    }
}
