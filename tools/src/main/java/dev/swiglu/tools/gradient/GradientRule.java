package dev.swiglu.tools.gradient;

import dev.swiglu.tools.onnx.NodeRef;

/** How gradients pass an operator, from its outputs to its inputs. A new rule is a new class, listed in {@link GradientRules}. */
public interface GradientRule {

    /** Gives, for each input that wants one, the gradient that follows from those of the outputs. */
    void differentiate(Backward backward);

    /** Whether the input at this place carries a gradient; shapes, indices and labels do not. */
    default boolean isDifferentiable(NodeRef node, int input) {
        return true;
    }
}
