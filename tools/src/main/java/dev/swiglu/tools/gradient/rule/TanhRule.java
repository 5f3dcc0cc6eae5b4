package dev.swiglu.tools.gradient.rule;

import dev.swiglu.tools.gradient.Backward;
import dev.swiglu.tools.gradient.GradientRule;

/** Y = tanh X: dX = dY ⊙ (1 - Y²). */
public final class TanhRule implements GradientRule {

    @Override
    public void differentiate(Backward backward) {
        String square = backward.write().add("Mul", backward.output(0), backward.output(0));
        String slope = backward.write().add("Sub", backward.scalar(backward.input(0), 1), square);
        backward.give(0, backward.write().add("Mul", backward.upstream(), slope));
    }
}
