package dev.swiglu.tools.verify.exact;

import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.ToolException;
import java.util.Arrays;
import java.util.Locale;

/**
 * The activations of the {@code dev.swiglu} operators in float64. Written from the definitions alone, so that they can
 * judge the kernels; σ(x) = 1/(1+e⁻ˣ) keeps its relative accuracy for every x, since e⁻ˣ may overflow to Inf but never
 * cancels.
 */
public enum Activation {
    SILU(1) {
        @Override
        double apply(double x, double alpha) {
            return gated(x, alpha * x);
        }
    },
    SIGMOID(1) {
        @Override
        double apply(double x, double alpha) {
            return sigmoid(x);
        }
    },
    GELU(1) {
        @Override
        double apply(double x, double alpha) {
            return 0.5 * x * ErrorFunction.complement(-x / Math.sqrt(2));
        }
    },
    GELU_TANH(1) {
        @Override
        double apply(double x, double alpha) {
            // ½(1 + tanh z) = σ(2z), which does not cancel for large negative z
            return gated(x, 2 * Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x));
        }
    },
    RELU(1) {
        @Override
        double apply(double x, double alpha) {
            return Math.max(x, 0);
        }
    },
    QUICK_GELU(1.702) {
        @Override
        double apply(double x, double alpha) {
            return gated(x, alpha * x);
        }
    },
    SQUARED_RELU(1) {
        @Override
        double apply(double x, double alpha) {
            return Math.max(x, 0) * Math.max(x, 0);
        }
    },
    MISH(1) {
        @Override
        double apply(double x, double alpha) {
            // tanh(ln(1 + e)) = e(e + 2) / (e(e + 2) + 2) with e = eˣ; beyond 40 it is 1 to the last bit
            if (x > 40) {
                return x;
            }
            double e = Math.exp(x);
            return x * (e * (e + 2) / (e * (e + 2) + 2));
        }
    },
    IDENTITY(1) {
        @Override
        double apply(double x, double alpha) {
            return x;
        }
    };

    private final double defaultAlpha;

    Activation(double defaultAlpha) {
        this.defaultAlpha = defaultAlpha;
    }

    abstract double apply(double x, double alpha);

    public double defaultAlpha() {
        return defaultAlpha;
    }

    public static Activation named(String name) {
        return Arrays.stream(values())
                .filter(activation -> activation.name().toLowerCase(Locale.ROOT).equals(name))
                .findFirst()
                .orElseThrow(() -> new ToolException(ExitCode.REFUSED, "There is no activation '" + name + "'."));
    }

    private static double sigmoid(double x) {
        return 1 / (1 + Math.exp(-x));
    }

    private static double gated(double x, double z) {
        return x * sigmoid(z);
    }
}
