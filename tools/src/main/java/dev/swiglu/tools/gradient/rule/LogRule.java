package dev.swiglu.tools.gradient.rule;

import dev.swiglu.tools.gradient.Backward;
import dev.swiglu.tools.gradient.GradientRule;

/** Y = ln X: dX = dY / X. */
public final class LogRule implements GradientRule {

    @Override
    public void differentiate(Backward backward) {
        backward.give(0, backward.write().add("Div", backward.upstream(), backward.input(0)));
    }
}
