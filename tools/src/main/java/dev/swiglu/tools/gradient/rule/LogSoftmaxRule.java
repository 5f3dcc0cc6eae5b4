package dev.swiglu.tools.gradient.rule;

import dev.swiglu.tools.gradient.Backward;
import dev.swiglu.tools.gradient.GradientRule;
import dev.swiglu.tools.portable.GraphWriter;

/** Y = ln softmax(X) along one axis: dX = dY - e^Y ⊙ Σ dY, the sum along that axis, because ∂yᵢ/∂xⱼ = δᵢⱼ - softmaxⱼ. */
public final class LogSoftmaxRule implements GradientRule {

    @Override
    public void differentiate(Backward backward) {
        GraphWriter write = backward.write();
        String sum = write.sum(backward.upstream(), true, SoftmaxAxis.of(backward));
        String share = write.add("Mul", write.add("Exp", backward.output(0)), sum);
        backward.give(0, write.add("Sub", backward.upstream(), share));
    }
}
