package dev.swiglu.tools.gradient.rule;

import dev.swiglu.tools.gradient.Backward;
import dev.swiglu.tools.gradient.GradientRule;
import dev.swiglu.tools.onnx.NodeRef;

/** Y = X with other dimensions (Reshape, Flatten, Squeeze, Unsqueeze): dX = dY with the dimensions of X. */
public final class ReshapeRule implements GradientRule {

    @Override
    public void differentiate(Backward backward) {
        backward.give(0, backward.write().reshapedLike(backward.upstream(), backward.input(0)));
    }

    @Override
    public boolean isDifferentiable(NodeRef node, int input) {
        return input == 0;
    }
}
