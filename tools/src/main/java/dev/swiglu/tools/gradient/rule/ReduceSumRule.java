package dev.swiglu.tools.gradient.rule;

import dev.swiglu.tools.gradient.Backward;
import dev.swiglu.tools.gradient.FirstInputRule;

/** Y = Σ X over some axes: dX = dY, repeated along them. */
public final class ReduceSumRule implements FirstInputRule {

    @Override
    public void differentiate(Backward backward) {
        backward.give(0, Reduction.repeated(backward, backward.upstream()));
    }
}
