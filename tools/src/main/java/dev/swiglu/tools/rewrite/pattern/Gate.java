package dev.swiglu.tools.rewrite.pattern;

import dev.swiglu.tools.onnx.NodeRef;
import java.util.List;

/**
 * act(input): the activated half of a gated product.
 *
 * @param input the value before the activation
 * @param nodes the nodes that compute the activation, all of them in one graph
 * @param form how the graph spells it
 */
public record Gate(Activation activation, String input, List<NodeRef> nodes, String form) {
}
