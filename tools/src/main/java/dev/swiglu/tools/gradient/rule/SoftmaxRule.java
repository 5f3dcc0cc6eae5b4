package dev.swiglu.tools.gradient.rule;

import dev.swiglu.tools.gradient.Backward;
import dev.swiglu.tools.gradient.GradientRule;
import dev.swiglu.tools.portable.GraphWriter;

/**
 * Y = softmax(X) along one axis: dX = Y ⊙ (dY - Σ dY⊙Y), the sum along that axis, because ∂yᵢ/∂xⱼ = yᵢ(δᵢⱼ - yⱼ).
 */
public final class SoftmaxRule implements GradientRule {

    @Override
    public void differentiate(Backward backward) {
        GraphWriter write = backward.write();
        String mean = write.sum(write.add("Mul", backward.upstream(), backward.output(0)), true, SoftmaxAxis.of(backward));
        backward.give(0, write.add("Mul", backward.output(0), write.add("Sub", backward.upstream(), mean)));
    }
}
