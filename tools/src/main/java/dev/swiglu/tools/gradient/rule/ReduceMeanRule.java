package dev.swiglu.tools.gradient.rule;

import dev.swiglu.tools.gradient.Backward;
import dev.swiglu.tools.gradient.GradientRule;
import dev.swiglu.tools.onnx.NodeRef;
import dev.swiglu.tools.portable.GraphWriter;

/** Y = Σ X / n over some axes, n = size(X) / size(Y): dX = dY / n, repeated along them. */
public final class ReduceMeanRule implements GradientRule {

    @Override
    public void differentiate(Backward backward) {
        GraphWriter write = backward.write();
        String count = write.add("Div", write.add("Size", backward.input(0)), write.add("Size", backward.output(0)));
        String share = write.divided(backward.upstream(), backward.element(backward.input(0)), count);
        backward.give(0, Reduction.repeated(backward, share));
    }

    @Override
    public boolean isDifferentiable(NodeRef node, int input) {
        return input == 0;
    }
}
