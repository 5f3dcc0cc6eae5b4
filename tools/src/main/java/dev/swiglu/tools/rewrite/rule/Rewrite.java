package dev.swiglu.tools.rewrite.rule;

import ai.onnx.proto.OnnxMl.FunctionProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import dev.swiglu.tools.onnx.ElementType;
import dev.swiglu.tools.onnx.NodeRef;
import java.util.Optional;
import java.util.Set;

/**
 * One change of one graph: {@code removed} go, {@code replacement} stands where {@code product} stood and makes the same
 * value.
 *
 * @param function the same computation in standard operators, for runtimes without the library
 * @param k columns of X; null when not known
 * @param n columns of the product; null when not known
 */
public record Rewrite(NodeRef product, NodeProto replacement, Set<NodeRef> removed, FunctionProto function, String form,
        ElementType element, Long k, Long n) {

    /** Why this cannot be carried out: the replacement would read what a removed node made. */
    public Optional<String> contradiction() {
        return replacement.getInputList().stream().filter(input -> !input.isEmpty())
                .flatMap(input -> product.scope().producer(input).stream()).filter(removed::contains).findFirst()
                .map(node -> node.describe() + " would be replaced, and its result '" + node.output(0) + "' read.");
    }
}
