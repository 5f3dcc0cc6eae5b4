package dev.swiglu.tools.rewrite.formula;

import static dev.swiglu.tools.rewrite.formula.Elementary.ERF;
import static dev.swiglu.tools.rewrite.formula.Elementary.RELU;
import static dev.swiglu.tools.rewrite.formula.Elementary.SIGMOID;
import static dev.swiglu.tools.rewrite.formula.Elementary.SOFTPLUS;
import static dev.swiglu.tools.rewrite.formula.Elementary.TANH;

/** The formulas of the activations. */
public final class Activations {
    private static final double GELU_SLOPE = Math.sqrt(2 / Math.PI);
    private static final double GELU_CUBE = 0.044715;

    private Activations() {
    }

    /** x·σ(alpha·x) */
    public static Polynomial silu(Polynomial x, double alpha) {
        return x.times(SIGMOID.of(x.times(alpha)));
    }

    /** x·Φ(x) */
    public static Polynomial gelu(Polynomial x) {
        return x.times(ERF.of(x.times(Math.sqrt(0.5))).plus(Polynomial.of(1))).times(0.5);
    }

    /** x·(1 + tanh(z))/2 */
    public static Polynomial geluTanh(Polynomial x) {
        return x.times(TANH.of(geluArgument(x)).plus(Polynomial.of(1))).times(0.5);
    }

    /** x·σ(2z), which is the same */
    public static Polynomial geluSigmoid(Polynomial x) {
        return x.times(SIGMOID.of(geluArgument(x).times(2)));
    }

    public static Polynomial mish(Polynomial x) {
        return x.times(TANH.of(SOFTPLUS.of(x)));
    }

    public static Polynomial squaredRelu(Polynomial x) {
        return RELU.of(x).power(2);
    }

    private static Polynomial geluArgument(Polynomial x) {
        return x.plus(x.power(3).times(GELU_CUBE)).times(GELU_SLOPE);
    }
}
