package dev.swiglu.tools.portable;

import dev.swiglu.tools.onnx.ElementType;

/**
 * The activations and their derivatives in standard operators, with s = σ(αx):
 *
 * <pre>
 *   silu, quick_gelu  x·s                              s + αx·s(1-s)
 *   sigmoid           σ(x)                             σ(x)σ(-x)
 *   gelu              x·Φ(x), Φ(x) = (1+erf(x/√2))/2   Φ(x) + x·e^(-x²/2)/√(2π)
 *   gelu_tanh         x·σ(z), z = √(8/π)(x + cx³)      σ(z) + x·σ(z)σ(-z)·√(8/π)(1 + 3cx²), c = 0.044715
 *   relu              max(x, 0)                        1 where x > 0
 *   squared_relu      max(x, 0)²                       2·max(x, 0)
 *   mish              x·t, t = tanh(ln(1+eˣ))          t + x·σ(x)·(1-t²)
 *   identity          x                                1
 * </pre>
 *
 * @param write where the nodes go
 * @param element the type of all values
 */
record Formula(GraphWriter write, ElementType element) {
    private static final double GELU_SLOPE = 1.5957691216057307117;
    private static final double GELU_CUBE = 0.044715;

    String activated(String activation, String x, double alpha) {
        return switch (activation) {
            case "silu", "quick_gelu" -> mul(x, sigmoid(scaled(x, alpha)));
            case "sigmoid" -> sigmoid(x);
            case "gelu" -> mul(x, normal(x));
            case "gelu_tanh" -> mul(x, sigmoid(geluArgument(x)));
            case "relu" -> write.add("Relu", x);
            case "squared_relu" -> square(write.add("Relu", x));
            case "mish" -> mul(x, mishFactor(x));
            default -> x;
        };
    }

    /** dY times the derivative. */
    String derived(String activation, String x, double alpha, String dy) {
        return switch (activation) {
            case "silu", "quick_gelu" -> mul(dy, sigmoidWeighted(x, scaled(x, alpha), number(alpha)));
            case "sigmoid" -> mul(dy, mul(sigmoid(x), sigmoid(write.add("Neg", x))));
            case "gelu" -> mul(dy, add(normal(x), mul(x, scaled(exp(scaled(square(x), -0.5)), 0.39894228040143267794))));
            case "gelu_tanh" -> mul(dy, sigmoidWeighted(x, geluArgument(x),
                    add(scaled(square(x), GELU_SLOPE * 3 * GELU_CUBE), number(GELU_SLOPE))));
            case "relu" -> mul(dy, write.cast(write.add("Greater", x, number(0)), element));
            case "squared_relu" -> mul(dy, scaled(write.add("Relu", x), 2));
            case "mish" -> mul(dy, mishSlope(x));
            default -> dy;
        };
    }

    /** σ(z) + x·σ(z)σ(-z)·z' for x·σ(z) */
    private String sigmoidWeighted(String x, String z, String slope) {
        String s = sigmoid(z);
        return add(s, mul(mul(x, slope), mul(s, sigmoid(write.add("Neg", z)))));
    }

    private String normal(String x) {
        return scaled(add(write.add("Erf", scaled(x, Math.sqrt(0.5))), number(1)), 0.5);
    }

    private String geluArgument(String x) {
        return scaled(mul(x, add(scaled(square(x), GELU_CUBE), number(1))), GELU_SLOPE);
    }

    private String mishFactor(String x) {
        return write.add("Tanh", write.add("Softplus", x));
    }

    private String mishSlope(String x) {
        String t = mishFactor(x);
        return add(t, mul(mul(x, sigmoid(x)), write.add("Sub", number(1), square(t))));
    }

    String number(double value) {
        return write.scalar(element, value);
    }

    String scaled(String x, double factor) {
        return factor == 1 ? x : mul(x, number(factor));
    }

    String mul(String a, String b) {
        return write.add("Mul", a, b);
    }

    String add(String a, String b) {
        return write.add("Add", a, b);
    }

    private String square(String x) {
        return mul(x, x);
    }

    private String exp(String x) {
        return write.add("Exp", x);
    }

    private String sigmoid(String x) {
        return write.add("Sigmoid", x);
    }
}
