package dev.swiglu.tools.gradient;

import dev.swiglu.tools.onnx.NodeRef;

/** The rule of an operator of whose inputs only the first carries a gradient: the others say how, or where. */
public interface FirstInputRule extends GradientRule {

    @Override
    default boolean isDifferentiable(NodeRef node, int input) {
        return input == 0;
    }
}
