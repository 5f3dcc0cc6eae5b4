package dev.swiglu.tools.gradient.rule;

import dev.swiglu.tools.gradient.Backward;
import dev.swiglu.tools.gradient.GradientRule;

/** Y = Xᵖ with a constant number p: dX = dY ⊙ p·Xᵖ⁻¹. */
public final class PowRule implements GradientRule {

    @Override
    public void differentiate(Backward backward) {
        if (backward.wants(1)) {
            throw backward.refusal("its exponent '" + backward.input(1) + "' depends on what is differentiated by,"
                    + " and only the base passes gradients");
        }
        double exponent = backward.index().scalar(backward.node().scope(), backward.input(1))
                .orElseThrow(() -> backward.refusal("its exponent '" + backward.input(1) + "' is not one constant number"));
        String scaled = backward.write().add("Mul", backward.upstream(), backward.scalar(backward.input(0), exponent));
        backward.give(0, backward.write().add("Mul", scaled, power(backward, exponent - 1)));
    }

    private static String power(Backward backward, double exponent) {
        return exponent == 1 ? backward.input(0)
                : backward.write().add("Pow", backward.input(0), backward.scalar(backward.input(0), exponent));
    }
}
