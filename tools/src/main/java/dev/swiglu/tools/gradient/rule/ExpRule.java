package dev.swiglu.tools.gradient.rule;

import dev.swiglu.tools.gradient.Backward;
import dev.swiglu.tools.gradient.GradientRule;

/** Y = eˣ: dX = dY ⊙ Y. */
public final class ExpRule implements GradientRule {

    @Override
    public void differentiate(Backward backward) {
        backward.give(0, backward.write().add("Mul", backward.upstream(), backward.output(0)));
    }
}
