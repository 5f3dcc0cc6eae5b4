package dev.swiglu.tools.gradient.rule;

import dev.swiglu.tools.gradient.Backward;
import dev.swiglu.tools.gradient.GradientRule;

/** Y = 1/X: dX = -dY ⊙ Y². */
public final class ReciprocalRule implements GradientRule {

    @Override
    public void differentiate(Backward backward) {
        String square = backward.write().add("Mul", backward.output(0), backward.output(0));
        backward.give(0, backward.write().add("Neg", backward.write().add("Mul", backward.upstream(), square)));
    }
}
