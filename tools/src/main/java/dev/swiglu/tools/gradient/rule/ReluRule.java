package dev.swiglu.tools.gradient.rule;

import dev.swiglu.tools.gradient.Backward;
import dev.swiglu.tools.gradient.GradientRule;

/** Y = max(X, 0): dX = dY where X > 0, else 0; at the kink the left value, 0, as the dev.swiglu operators take it. */
public final class ReluRule implements GradientRule {

    @Override
    public void differentiate(Backward backward) {
        String positive = backward.write().add("Greater", backward.input(0), backward.scalar(backward.input(0), 0));
        String slope = backward.write().cast(positive, backward.element(backward.input(0)));
        backward.give(0, backward.write().add("Mul", backward.upstream(), slope));
    }
}
