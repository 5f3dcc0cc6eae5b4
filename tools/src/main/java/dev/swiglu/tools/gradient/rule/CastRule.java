package dev.swiglu.tools.gradient.rule;

import dev.swiglu.tools.gradient.Backward;
import dev.swiglu.tools.gradient.GradientRule;
import dev.swiglu.tools.onnx.Attributes;
import dev.swiglu.tools.onnx.ElementType;
import dev.swiglu.tools.onnx.NodeRef;

/** Y = X in another type: dX = dY in the type of X. Through integers and booleans no gradient passes. */
public final class CastRule implements GradientRule {

    @Override
    public void differentiate(Backward backward) {
        backward.give(0, backward.write().cast(backward.upstream(), backward.element(backward.input(0))));
    }

    @Override
    public boolean isDifferentiable(NodeRef node, int input) {
        return ElementType.of((int) Attributes.integer(node.node(), "to", 0)).isComputable();
    }
}
