package dev.swiglu.tools.gradient.rule;

import dev.swiglu.tools.gradient.Backward;
import dev.swiglu.tools.gradient.FirstInputRule;

/** Y = X with other dimensions (Reshape, Flatten, Squeeze, Unsqueeze): dX = dY with the dimensions of X. */
public final class ReshapeRule implements FirstInputRule {

    @Override
    public void differentiate(Backward backward) {
        backward.give(0, backward.write().reshapedLike(backward.upstream(), backward.input(0)));
    }
}
