package dev.swiglu.tools.rewrite.formula;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import dev.swiglu.tools.onnx.Attributes;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/** What elementwise operators compute. A new one is a new line here. */
final class Operators {
    private static final int HIGHEST_POWER = 4;
    private static final float QUICK_GELU_ALPHA = 1.702f;

    private Operators() {
    }

    /** The formula of the node's output; empty for operators and forms that are not known. */
    static Optional<Polynomial> formula(NodeProto node, List<Polynomial> inputs) {
        boolean binary = inputs.size() == 2;
        boolean unary = inputs.size() == 1;
        Polynomial x = inputs.isEmpty() ? null : inputs.get(0);
        Polynomial y = binary ? inputs.get(1) : null;
        String operator = node.getDomain().isEmpty() || node.getDomain().equals("ai.onnx")
                ? node.getOpType() : node.getDomain() + "::" + node.getOpType();
        return Optional.ofNullable(switch (operator) {
            case "Mul" -> binary ? x.times(y) : null;
            case "Add" -> binary ? x.plus(y) : null;
            case "Sub" -> binary ? x.plus(y.times(-1)) : null;
            case "Div" -> binary ? x.times(Elementary.RECIPROCAL.of(y)) : null;
            case "Pow" -> binary ? power(x, y.number()) : null;
            case "Max" -> binary ? maximum(x, y) : null;
            case "Clip" -> clipped(node, inputs);
            case "SwiGLU", "com.microsoft::SwiGLU" -> binary ? Activations.silu(x, alpha(node, 1)).times(y) : null;
            case "ai.onnx.contrib::MulMulSigmoid" -> binary ? x.times(Activations.silu(y, 1)) : null;
            default -> unary ? ofOne(operator, node, x) : null;
        });
    }

    private static Polynomial ofOne(String operator, NodeProto node, Polynomial x) {
        return switch (operator) {
            case "Identity" -> x;
            case "Neg" -> x.times(-1);
            case "Sqrt" -> x.number().isPresent() ? Polynomial.of(Math.sqrt(x.number().getAsDouble())) : null;
            case "Reciprocal" -> Elementary.RECIPROCAL.of(x);
            case "Sigmoid" -> Elementary.SIGMOID.of(x);
            case "Tanh" -> Elementary.TANH.of(x);
            case "Erf" -> Elementary.ERF.of(x);
            case "Exp" -> Elementary.EXP.of(x);
            case "Log" -> Elementary.LOG.of(x);
            case "Relu" -> Elementary.RELU.of(x);
            case "Softplus" -> Elementary.SOFTPLUS.of(x);
            case "Swish" -> Activations.silu(x, alpha(node, 1));
            case "Mish" -> Activations.mish(x);
            case "Gelu" -> approximates(node) ? Activations.geluTanh(x) : Activations.gelu(x);
            case "com.microsoft::QuickGelu" -> Activations.silu(x, alpha(node, QUICK_GELU_ALPHA));
            case "com.microsoft::Gelu", "com.microsoft::BiasGelu" -> Activations.gelu(x);
            case "com.microsoft::FastGelu" -> Activations.geluTanh(x);
            case "ai.onnx.contrib::MulSigmoid" -> Activations.silu(x, 1);
            default -> null;
        };
    }

    private static double alpha(NodeProto node, float whenAbsent) {
        return Attributes.real(node, "alpha", whenAbsent);
    }

    private static boolean approximates(NodeProto node) {
        return Attributes.find(node, "approximate").map(AttributeProto::getS)
                .filter(name -> name.toStringUtf8().equals("tanh")).isPresent();
    }

    private static Polynomial power(Polynomial x, OptionalDouble exponent) {
        double n = exponent.orElse(Double.NaN);
        if (n == 0.5) {
            return x.number().isPresent() ? Polynomial.of(Math.sqrt(x.number().getAsDouble())) : null;
        }
        boolean whole = n == Math.rint(n) && n >= 1 && n <= HIGHEST_POWER;
        return whole ? x.power((int) n) : n == -1 ? Elementary.RECIPROCAL.of(x) : null;
    }

    private static Polynomial maximum(Polynomial x, Polynomial y) {
        return isZero(y) ? Elementary.RELU.of(x) : isZero(x) ? Elementary.RELU.of(y) : null;
    }

    /** Clip with a minimum of 0 and no maximum. */
    private static Polynomial clipped(NodeProto node, List<Polynomial> inputs) {
        boolean byAttribute = inputs.size() == 1 && Attributes.find(node, "min").map(AttributeProto::getF).orElse(-1f) == 0
                && Attributes.find(node, "max").isEmpty();
        boolean byInput = inputs.size() == 2 && isZero(inputs.get(1));
        return byAttribute || byInput ? Elementary.RELU.of(inputs.get(0)) : null;
    }

    private static boolean isZero(Polynomial polynomial) {
        return polynomial.number().isPresent() && polynomial.number().getAsDouble() == 0;
    }
}
