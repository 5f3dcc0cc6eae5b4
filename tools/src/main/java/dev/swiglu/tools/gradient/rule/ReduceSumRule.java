package dev.swiglu.tools.gradient.rule;

import dev.swiglu.tools.gradient.Backward;
import dev.swiglu.tools.gradient.GradientRule;
import dev.swiglu.tools.onnx.NodeRef;

/** Y = Σ X over some axes: dX = dY, repeated along them. */
public final class ReduceSumRule implements GradientRule {

    @Override
    public void differentiate(Backward backward) {
        backward.give(0, Reduction.repeated(backward, backward.upstream()));
    }

    @Override
    public boolean isDifferentiable(NodeRef node, int input) {
        return input == 0;
    }
}
