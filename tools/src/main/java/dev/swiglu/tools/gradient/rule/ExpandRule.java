package dev.swiglu.tools.gradient.rule;

import dev.swiglu.tools.gradient.Backward;
import dev.swiglu.tools.gradient.Broadcast;
import dev.swiglu.tools.gradient.FirstInputRule;

/** Y = X, broadcast to a shape: dX = dY, summed over what was broadcast. */
public final class ExpandRule implements FirstInputRule {

    @Override
    public void differentiate(Backward backward) {
        Broadcast.give(backward, 0, backward.upstream());
    }
}
