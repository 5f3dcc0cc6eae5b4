package dev.swiglu.operators;

import java.util.List;
import java.util.Map;

/**
 * The gate {@code act(min(g, limit)) · (clamp(u, -limit, limit) + up_offset)} and its slopes in float64, from the attributes of
 * a node. At the very limit a clamp passes the slope; where an activation has a kink, its slope is the left one.
 */
final class Gate {
    static final List<String> ACTIVATIONS = List.of("silu", "sigmoid", "gelu", "gelu_tanh", "relu", "quick_gelu", "squared_relu",
            "mish", "identity");

    private static final double GELU_TANH_SCALE = Math.sqrt(2 / Math.PI);
    private static final double GELU_TANH_CUBIC = 0.044715;

    private final String activation;
    private final double alpha;
    private final double limit;
    private final double upOffset;

    Gate(Map<String, ?> attributes) {
        activation = attributes.containsKey("activation") ? (String) attributes.get("activation") : "silu";
        alpha = number(attributes, "alpha", activation.equals("quick_gelu") ? 1.702f : 1);
        limit = number(attributes, "limit", Float.POSITIVE_INFINITY);
        upOffset = number(attributes, "up_offset", 0);
    }

    private static double number(Map<String, ?> attributes, String name, float otherwise) {
        return attributes.containsKey(name) ? (Float) attributes.get(name) : otherwise;
    }

    double value(double gate, double up) {
        return act(Math.min(gate, limit)) * shifted(up);
    }

    double gateSlope(double gate, double up) {
        return gate > limit ? 0 : actSlope(gate) * shifted(up);
    }

    double upSlope(double gate, double up) {
        return Math.abs(up) > limit ? 0 : act(Math.min(gate, limit));
    }

    private double shifted(double up) {
        return Math.max(-limit, Math.min(up, limit)) + upOffset;
    }

    private double act(double x) {
        return switch (activation) {
            case "silu", "quick_gelu" -> x * sigmoid(alpha * x);
            case "sigmoid" -> sigmoid(x);
            case "gelu" -> x * normalDistribution(x);
            case "gelu_tanh" -> 0.5 * x * (1 + Math.tanh(geluTanhArgument(x)));
            case "relu" -> Math.max(x, 0);
            case "squared_relu" -> Math.max(x, 0) * Math.max(x, 0);
            case "mish" -> x * Math.tanh(softplus(x));
            case "identity" -> x;
            default -> throw new IllegalArgumentException(activation);
        };
    }

    private double actSlope(double x) {
        return switch (activation) {
            case "silu", "quick_gelu" -> sigmoid(alpha * x) + alpha * x * sigmoid(alpha * x) * sigmoid(-alpha * x);
            case "sigmoid" -> sigmoid(x) * sigmoid(-x);
            case "gelu" -> normalDistribution(x) + x * normalDensity(x);
            case "gelu_tanh" -> {
                double t = Math.tanh(geluTanhArgument(x));
                yield 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * GELU_TANH_SCALE * (1 + 3 * GELU_TANH_CUBIC * x * x);
            }
            case "relu" -> x > 0 ? 1 : 0;
            case "squared_relu" -> 2 * Math.max(x, 0);
            case "mish" -> {
                double t = Math.tanh(softplus(x));
                yield t + x * sigmoid(x) * (1 - t * t);
            }
            case "identity" -> 1;
            default -> throw new IllegalArgumentException(activation);
        };
    }

    private static double sigmoid(double x) {
        return x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x));
    }

    private static double softplus(double x) {
        return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
    }

    private static double geluTanhArgument(double x) {
        return GELU_TANH_SCALE * (x + GELU_TANH_CUBIC * x * x * x);
    }

    private static double normalDensity(double x) {
        return Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
    }

    /** Φ(x) = 1/2 + φ(x)·(x + x³/3 + x⁵/(3·5) + …), whose terms all have one sign; its tails are 0 and 1 in float64. */
    private static double normalDistribution(double x) {
        if (Math.abs(x) > 9) {
            return x < 0 ? 0 : 1;
        }
        double term = x;
        double sum = x;
        for (int i = 3; sum + term != sum; i += 2) {
            term *= x * x / i;
            sum += term;
        }
        return 0.5 + sum * normalDensity(x);
    }
}
