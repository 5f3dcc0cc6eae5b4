package dev.swiglu.tools.gradient.rule;

import dev.swiglu.tools.gradient.Backward;
import dev.swiglu.tools.gradient.GradientRule;
import java.util.ArrayList;
import java.util.List;

/**
 * Y = act(X·W_gate + b_gate) ⊙ (X·W_up + b_up): one FusedSwiGLUGrad, which is asked for exactly the gradients that are wanted.
 * The forward node is made to save gate and up, two tensors of the size of Y, unless they are to be computed again.
 */
public final class FusedSwiGluRule implements GradientRule {
    private static final int INPUTS = 5;

    @Override
    public void differentiate(Backward backward) {
        List<String> gradients = new ArrayList<>();
        for (int input = 0; input < INPUTS; input++) {
            gradients.add(backward.wants(input) ? backward.write().unique("grad/" + backward.output(0) + "/"
                    + GatedGradient.GRADIENTS.get(input)) : "");
        }
        GatedGradient.write(backward, "FusedSwiGLUGrad", inputs(backward), gradients);
    }

    private static List<String> inputs(Backward backward) {
        List<String> inputs = new ArrayList<>(List.of(backward.upstream()));
        for (int input = 0; input < INPUTS; input++) {
            boolean needed = input <= 2 || backward.recomputes();
            inputs.add(needed ? backward.input(input) : "");
        }
        if (!backward.recomputes()) {
            inputs.add(backward.output(1));
            inputs.add(backward.output(2));
        }
        return inputs;
    }
}
