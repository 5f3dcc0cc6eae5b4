package dev.swiglu.tools.gradient.rule;

import dev.swiglu.tools.gradient.Backward;
import dev.swiglu.tools.gradient.GradientRule;
import dev.swiglu.tools.onnx.NodeRef;
import dev.swiglu.tools.portable.GraphWriter;

/** L = -X[label] along axis 1: dX = -onehot(label) ⊙ dL', where dL' is dL divided as the reduction says, 0 for ignored labels. */
public final class NegativeLogLikelihoodRule implements GradientRule {

    @Override
    public void differentiate(Backward backward) {
        Labels labels = Labels.of(backward);
        GraphWriter write = backward.write();
        backward.give(0, write.add("Neg", write.add("Mul", labels.oneHot(), labels.upstream())));
    }

    @Override
    public boolean isDifferentiable(NodeRef node, int input) {
        return input != 1;
    }
}
