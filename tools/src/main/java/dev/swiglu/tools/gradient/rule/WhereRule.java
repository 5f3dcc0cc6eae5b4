package dev.swiglu.tools.gradient.rule;

import dev.swiglu.tools.gradient.Backward;
import dev.swiglu.tools.gradient.Broadcast;
import dev.swiglu.tools.gradient.GradientRule;
import dev.swiglu.tools.onnx.NodeRef;

/** Y = A where C, else B: dA = dY where C, else 0, dB = 0 where C, else dY, each summed over what was broadcast. */
public final class WhereRule implements GradientRule {

    @Override
    public void differentiate(Backward backward) {
        String zero = backward.scalar(backward.input(1), 0);
        if (backward.wants(1)) {
            Broadcast.give(backward, 1, backward.write().add("Where", backward.input(0), backward.upstream(), zero));
        }
        if (backward.wants(2)) {
            Broadcast.give(backward, 2, backward.write().add("Where", backward.input(0), zero, backward.upstream()));
        }
    }

    @Override
    public boolean isDifferentiable(NodeRef node, int input) {
        return input != 0;
    }
}
