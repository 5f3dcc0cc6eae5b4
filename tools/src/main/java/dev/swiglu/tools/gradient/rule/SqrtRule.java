package dev.swiglu.tools.gradient.rule;

import dev.swiglu.tools.gradient.Backward;
import dev.swiglu.tools.gradient.GradientRule;

/** Y = √X: dX = dY / (2Y). */
public final class SqrtRule implements GradientRule {

    @Override
    public void differentiate(Backward backward) {
        String twice = backward.write().add("Add", backward.output(0), backward.output(0));
        backward.give(0, backward.write().add("Div", backward.upstream(), twice));
    }
}
