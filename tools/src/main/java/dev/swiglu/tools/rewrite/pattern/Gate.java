package dev.swiglu.tools.rewrite.pattern;

import dev.swiglu.tools.onnx.NodeRef;
import java.util.List;

/**
 * act(input + bias): the activated half of a gated product.
 *
 * @param input the value before the activation
 * @param bias what the activation itself adds, as BiasGelu does; empty otherwise
 * @param nodes the nodes that compute the activation and what lies between it and the product, all of them in one graph
 * @param form how the graph spells it
 */
public record Gate(Activation activation, String input, String bias, List<NodeRef> nodes, String form) {
}
