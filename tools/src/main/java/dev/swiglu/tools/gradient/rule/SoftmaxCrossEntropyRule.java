package dev.swiglu.tools.gradient.rule;

import dev.swiglu.tools.gradient.Backward;
import dev.swiglu.tools.gradient.GradientRule;
import dev.swiglu.tools.onnx.NodeRef;
import dev.swiglu.tools.portable.GraphWriter;

/**
 * L = -log softmax(X)[label] along axis 1: dX = (softmax(X) - onehot(label)) ⊙ dL', where dL' is dL divided as the reduction
 * says, and 0 for labels that are ignored. The forward node is made to give log softmax(X): softmax is one exponential away.
 */
public final class SoftmaxCrossEntropyRule implements GradientRule {

    @Override
    public void differentiate(Backward backward) {
        Labels labels = Labels.of(backward);
        GraphWriter write = backward.write();
        String difference = write.add("Sub", write.add("Exp", backward.output(1)), labels.oneHot());
        backward.give(0, write.add("Mul", difference, labels.upstream()));
    }

    @Override
    public boolean isDifferentiable(NodeRef node, int input) {
        return input != 1;
    }
}
