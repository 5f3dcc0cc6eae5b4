package dev.swiglu.tools.gradient.rule;

import dev.swiglu.tools.gradient.Backward;
import dev.swiglu.tools.gradient.GradientRule;

/** Y = σ(X): dX = dY ⊙ Y ⊙ (1 - Y), because σ' = σ(1 - σ). */
public final class SigmoidRule implements GradientRule {

    @Override
    public void differentiate(Backward backward) {
        String rest = backward.write().add("Sub", backward.scalar(backward.input(0), 1), backward.output(0));
        String slope = backward.write().add("Mul", backward.output(0), rest);
        backward.give(0, backward.write().add("Mul", backward.upstream(), slope));
    }
}
