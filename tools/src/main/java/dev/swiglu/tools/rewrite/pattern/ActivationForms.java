package dev.swiglu.tools.rewrite.pattern;

import dev.swiglu.tools.onnx.ElementType;
import dev.swiglu.tools.rewrite.formula.Activations;
import dev.swiglu.tools.rewrite.formula.Atom;
import dev.swiglu.tools.rewrite.formula.Elementary;
import dev.swiglu.tools.rewrite.formula.Polynomial;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Which activation a formula is. A new one is a new line here, its formula in {@link Activations}, its name in {@link NearMiss},
 * its nodes in {@code portable.Formula} and its float64 values in {@code verify.exact.Activation}.
 */
final class ActivationForms {
    private final Polynomial x;
    private final double tolerance;
    private final double rounding;

    private ActivationForms(Polynomial x, ElementType element) {
        this.x = x;
        this.tolerance = element == ElementType.FLOAT64 ? 1e-12 : 1e-6;
        // the constants inside may be rounded twice to the type: √(2/π) and 0.044715, and then their product
        this.rounding = switch (element) {
            case FLOAT16 -> 0x1p-10;
            case BFLOAT16 -> 0x1p-7;
            default -> tolerance;
        };
    }

    /**
     * The activation that {@code formula} is, of the value {@code x}.
     *
     * @param element the type of the constants
     */
    static Optional<Activation> find(Polynomial formula, String x, ElementType element) {
        ActivationForms forms = new ActivationForms(Polynomial.of(new Atom.Value(x)), element);
        return forms.sigmoidWeighted(formula).or(() -> forms.fixed(formula));
    }

    private Optional<Activation> fixed(Polynomial formula) {
        Map<Polynomial, String> names = new LinkedHashMap<>();
        names.put(Elementary.SIGMOID.of(x), "sigmoid");
        names.put(Elementary.RELU.of(x), "relu");
        names.put(Activations.gelu(x), "gelu");
        names.put(Activations.geluTanh(x), "gelu_tanh");
        names.put(Activations.geluSigmoid(x), "gelu_tanh");
        names.put(Activations.squaredRelu(x), "squared_relu");
        names.put(x.times(Elementary.RELU.of(x)), "squared_relu");
        names.put(Activations.mish(x), "mish");
        return names.entrySet().stream().filter(entry -> formula.resembles(entry.getKey(), tolerance, rounding))
                .map(entry -> Activation.named(entry.getValue())).findFirst();
    }

    /** x·σ(alpha·x) with an alpha that a float32 attribute can hold. */
    private Optional<Activation> sigmoidWeighted(Polynomial formula) {
        return formula.slopeOfSigmoid(x).filter(alpha ->
                Math.abs((float) (double) alpha - alpha) <= tolerance * Math.abs(alpha)
                        && formula.resembles(Activations.silu(x, alpha), tolerance, tolerance))
                .map(alpha -> Activation.sigmoidWeighted((float) (double) alpha));
    }
}
