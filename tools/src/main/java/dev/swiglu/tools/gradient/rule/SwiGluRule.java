package dev.swiglu.tools.gradient.rule;

import dev.swiglu.tools.gradient.Backward;
import dev.swiglu.tools.gradient.GradientRule;
import java.util.ArrayList;
import java.util.List;

/** Y = act(A) ⊙ B, or of the two halves of a packed A: one SwiGLUGrad, whose packed form gives one packed gradient. */
public final class SwiGluRule implements GradientRule {

    @Override
    public void differentiate(Backward backward) {
        List<String> gradients = new ArrayList<>();
        for (int input = 0; input < 2; input++) {
            gradients.add(backward.wants(input) ? backward.write().unique("grad/" + backward.output(0) + "/d"
                    + (input == 0 ? "A" : "B")) : "");
        }
        GatedGradient.write(backward, "SwiGLUGrad", List.of(backward.upstream(), backward.input(0), backward.input(1)),
                gradients);
    }
}
