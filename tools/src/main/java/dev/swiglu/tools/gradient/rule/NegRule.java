package dev.swiglu.tools.gradient.rule;

import dev.swiglu.tools.gradient.Backward;
import dev.swiglu.tools.gradient.GradientRule;

/** Y = -X: dX = -dY. */
public final class NegRule implements GradientRule {

    @Override
    public void differentiate(Backward backward) {
        backward.give(0, backward.write().add("Neg", backward.upstream()));
    }
}
