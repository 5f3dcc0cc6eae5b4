package dev.swiglu.tools.gradient;

import dev.swiglu.tools.gradient.optimizer.Optimizer;
import java.util.List;
import java.util.Optional;

/**
 * What is to be differentiated, by what, and what becomes of it.
 *
 * @param of the output to differentiate; the only one, or {@code loss}, when empty
 * @param wrt inputs and initializers; every trainable initializer when empty
 * @param frozen initializers that are left out where {@code wrt} is empty; * stands for any text
 * @param weightsAsInputs whether initializers that are differentiated become inputs, so that a caller feeds them
 * @param recompute whether gate and up are computed again instead of saved
 * @param optimizer whose step is appended; without one the gradients are outputs
 * @param lossScale whether the gradient is scaled by an input, and a step with gradients that are not finite changes nothing
 */
public record GradientRequest(Optional<String> of, List<String> wrt, List<String> frozen, boolean weightsAsInputs,
        boolean recompute, Optional<Optimizer> optimizer, boolean lossScale) {

    /** With nothing frozen. */
    public GradientRequest(Optional<String> of, List<String> wrt, boolean weightsAsInputs, boolean recompute,
            Optional<Optimizer> optimizer, boolean lossScale) {
        this(of, wrt, List.of(), weightsAsInputs, recompute, optimizer, lossScale);
    }
}
