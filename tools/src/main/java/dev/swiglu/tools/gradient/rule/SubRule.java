package dev.swiglu.tools.gradient.rule;

import dev.swiglu.tools.gradient.Backward;
import dev.swiglu.tools.gradient.Broadcast;
import dev.swiglu.tools.gradient.GradientRule;

/** Y = A - B: dA = dY, dB = -dY, each summed over what was broadcast. */
public final class SubRule implements GradientRule {

    @Override
    public void differentiate(Backward backward) {
        if (backward.wants(0)) {
            Broadcast.give(backward, 0, backward.upstream());
        }
        if (backward.wants(1)) {
            Broadcast.give(backward, 1, backward.write().add("Neg", backward.upstream()));
        }
    }
}
