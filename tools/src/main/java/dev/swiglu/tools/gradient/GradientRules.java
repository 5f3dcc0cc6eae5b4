package dev.swiglu.tools.gradient;

import dev.swiglu.tools.gradient.rule.*;
import dev.swiglu.tools.onnx.NodeRef;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** The table of all operators that gradients pass, and of those at which they end. */
public final class GradientRules {
    private static final Map<String, GradientRule> RULES = new TreeMap<>(Map.ofEntries(
            Map.entry("Add", new AddRule()),
            Map.entry("Cast", new CastRule()),
            Map.entry("Concat", new ConcatRule()),
            Map.entry("Div", new DivRule()),
            Map.entry("Exp", new ExpRule()),
            Map.entry("Flatten", new ReshapeRule()),
            Map.entry("Gather", new GatherRule()),
            Map.entry("Gemm", new GemmRule()),
            Map.entry("Identity", new IdentityRule()),
            Map.entry("Log", new LogRule()),
            Map.entry("LogSoftmax", new LogSoftmaxRule()),
            Map.entry("MatMul", new MatMulRule()),
            Map.entry("Mul", new MulRule()),
            Map.entry("Neg", new NegRule()),
            Map.entry("NegativeLogLikelihoodLoss", new NegativeLogLikelihoodRule()),
            Map.entry("Pow", new PowRule()),
            Map.entry("RMSNormalization", new RmsNormalizationRule()),
            Map.entry("Reciprocal", new ReciprocalRule()),
            Map.entry("ReduceMean", new ReduceMeanRule()),
            Map.entry("ReduceSum", new ReduceSumRule()),
            Map.entry("Relu", new ReluRule()),
            Map.entry("Reshape", new ReshapeRule()),
            Map.entry("Sigmoid", new SigmoidRule()),
            Map.entry("SimplifiedLayerNormalization", new RmsNormalizationRule()),
            Map.entry("Softmax", new SoftmaxRule()),
            Map.entry("SoftmaxCrossEntropyLoss", new SoftmaxCrossEntropyRule()),
            Map.entry("Split", new SplitRule()),
            Map.entry("Sqrt", new SqrtRule()),
            Map.entry("Squeeze", new ReshapeRule()),
            Map.entry("Sub", new SubRule()),
            Map.entry("Tanh", new TanhRule()),
            Map.entry("Transpose", new TransposeRule()),
            Map.entry("Unsqueeze", new ReshapeRule()),
            Map.entry("dev.swiglu.FusedSwiGLU", new FusedSwiGluRule()),
            Map.entry("dev.swiglu.SwiGLU", new SwiGluRule())));

    /** Operators whose results do not change with their inputs, or only in steps. */
    private static final Set<String> ENDS = Set.of("And", "ArgMax", "ArgMin", "ConstantOfShape", "Equal", "Greater",
            "GreaterOrEqual", "IsInf", "IsNaN", "Less", "LessOrEqual", "NonZero", "Not", "Or", "Range", "Shape", "Size");

    private GradientRules() {
    }

    /** The names of all operators with a rule, as {@link #name} writes them. */
    public static Set<String> operators() {
        return RULES.keySet();
    }

    static Optional<GradientRule> find(NodeRef node) {
        return Optional.ofNullable(RULES.get(name(node)));
    }

    /** Operators that nobody knows count as differentiable, so that they are refused where it matters. */
    static boolean isDifferentiable(NodeRef node, int input) {
        return !ENDS.contains(name(node)) && find(node).map(rule -> rule.isDifferentiable(node, input)).orElse(true);
    }

    /** The operator, with its domain where that is not the standard one. */
    static String name(NodeRef node) {
        String domain = node.node().getDomain();
        return domain.isEmpty() || domain.equals("ai.onnx") ? node.node().getOpType() : domain + "." + node.node().getOpType();
    }
}
