package dev.swiglu.tools.gradient.rule;

import dev.swiglu.tools.gradient.Backward;
import dev.swiglu.tools.gradient.Broadcast;
import dev.swiglu.tools.gradient.GradientRule;

/** Y = A / B: dA = dY / B, dB = -dY ⊙ A / B² = -dA ⊙ Y, each summed over what was broadcast. */
public final class DivRule implements GradientRule {

    @Override
    public void differentiate(Backward backward) {
        if (backward.wants(0)) {
            Broadcast.give(backward, 0, quotient(backward));
        }
        if (backward.wants(1)) {
            String product = backward.write().add("Mul", quotient(backward), backward.output(0));
            Broadcast.give(backward, 1, backward.write().add("Neg", product));
        }
    }

    private static String quotient(Backward backward) {
        return backward.write().add("Div", backward.upstream(), backward.input(1));
    }
}
