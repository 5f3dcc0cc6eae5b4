package dev.swiglu.tools.rewrite.formula;

import ai.onnx.proto.OnnxMl.NodeProto;
import dev.swiglu.tools.onnx.Attributes;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.IntFunction;
import java.util.function.Supplier;

/** What elementwise operators compute. A new one is a new line here. */
final class Operators {
    private static final int HIGHEST_POWER = 4;
    private static final float QUICK_GELU_ALPHA = 1.702f;

    private Operators() {
    }

    /**
     * The formula of the node's output; empty for operators and forms that are not known.
     *
     * @param count how many inputs there are
     * @param input reads one of them, which only happens when the operator is known
     */
    static Optional<Polynomial> formula(NodeProto node, int count, IntFunction<Polynomial> input) {
        String operator = node.getDomain().isEmpty() || node.getDomain().equals("ai.onnx")
                ? node.getOpType() : node.getDomain() + "::" + node.getOpType();
        return Optional.ofNullable(switch (count) {
            case 1 -> ofOne(operator, node, () -> input.apply(0));
            case 2 -> ofTwo(operator, node, () -> input.apply(0), () -> input.apply(1));
            default -> null;
        });
    }

    private static Polynomial ofTwo(String operator, NodeProto node, Supplier<Polynomial> x, Supplier<Polynomial> y) {
        return switch (operator) {
            case "Mul" -> x.get().times(y.get());
            case "Add" -> x.get().plus(y.get());
            case "Sub" -> x.get().plus(y.get().times(-1));
            case "Div" -> x.get().times(Elementary.RECIPROCAL.of(y.get()));
            case "Pow" -> power(x.get(), y.get().number());
            case "Max" -> isZero(y.get()) ? Elementary.RELU.of(x.get()) : isZero(x.get()) ? Elementary.RELU.of(y.get()) : null;
            case "Clip" -> isZero(y.get()) ? Elementary.RELU.of(x.get()) : null;
            case "SwiGLU", "com.microsoft::SwiGLU" -> Activations.silu(x.get(), alpha(node, 1)).times(y.get());
            case "ai.onnx.contrib::MulMulSigmoid" -> x.get().times(Activations.silu(y.get(), 1));
            default -> null;
        };
    }

    private static Polynomial ofOne(String operator, NodeProto node, Supplier<Polynomial> x) {
        return switch (operator) {
            case "Identity" -> x.get();
            case "Neg" -> x.get().times(-1);
            case "Sqrt" -> root(x.get());
            case "Reciprocal" -> Elementary.RECIPROCAL.of(x.get());
            case "Sigmoid" -> Elementary.SIGMOID.of(x.get());
            case "Tanh" -> Elementary.TANH.of(x.get());
            case "Erf" -> Elementary.ERF.of(x.get());
            case "Exp" -> Elementary.EXP.of(x.get());
            case "Log" -> Elementary.LOG.of(x.get());
            case "Relu" -> Elementary.RELU.of(x.get());
            case "Softplus" -> Elementary.SOFTPLUS.of(x.get());
            case "Clip" -> isRelu(node) ? Elementary.RELU.of(x.get()) : null;
            case "Swish" -> Activations.silu(x.get(), alpha(node, 1));
            case "Mish" -> Activations.mish(x.get());
            case "Gelu" -> approximates(node) ? Activations.geluTanh(x.get()) : Activations.gelu(x.get());
            case "com.microsoft::QuickGelu" -> Activations.silu(x.get(), alpha(node, QUICK_GELU_ALPHA));
            case "com.microsoft::Gelu", "com.microsoft::BiasGelu" -> Activations.gelu(x.get());
            case "com.microsoft::FastGelu" -> Activations.geluTanh(x.get());
            case "ai.onnx.contrib::MulSigmoid" -> Activations.silu(x.get(), 1);
            default -> null;
        };
    }

    private static double alpha(NodeProto node, float whenAbsent) {
        return Attributes.real(node, "alpha", whenAbsent);
    }

    private static boolean approximates(NodeProto node) {
        return Attributes.text(node, "approximate", "none").equals("tanh");
    }

    private static Polynomial power(Polynomial x, OptionalDouble exponent) {
        double n = exponent.orElse(Double.NaN);
        boolean whole = n == Math.rint(n) && n >= 1 && n <= HIGHEST_POWER;
        return whole ? x.power((int) n) : n == -1 ? Elementary.RECIPROCAL.of(x) : n == 0.5 ? root(x) : null;
    }

    /** Only of numbers, which graphs compute constants with. */
    private static Polynomial root(Polynomial x) {
        return x.number().isPresent() ? Polynomial.of(Math.sqrt(x.number().getAsDouble())) : null;
    }

    /** A Clip before opset 11, with a minimum of 0 and no maximum. */
    private static boolean isRelu(NodeProto clip) {
        return Attributes.find(clip, "min").filter(minimum -> minimum.getF() == 0).isPresent()
                && Attributes.find(clip, "max").isEmpty();
    }

    private static boolean isZero(Polynomial polynomial) {
        return polynomial.number().isPresent() && polynomial.number().getAsDouble() == 0;
    }
}
