package dev.swiglu.tools.gradient.rule;

import dev.swiglu.tools.gradient.Backward;
import dev.swiglu.tools.gradient.Broadcast;
import dev.swiglu.tools.gradient.GradientRule;

/** Y = A ⊙ B: dA = dY ⊙ B, dB = dY ⊙ A, each summed over what was broadcast. */
public final class MulRule implements GradientRule {

    @Override
    public void differentiate(Backward backward) {
        if (backward.wants(0)) {
            Broadcast.give(backward, 0, backward.write().add("Mul", backward.upstream(), backward.input(1)));
        }
        if (backward.wants(1)) {
            Broadcast.give(backward, 1, backward.write().add("Mul", backward.upstream(), backward.input(0)));
        }
    }
}
