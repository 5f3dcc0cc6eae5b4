package dev.swiglu.tools.gradient;

import dev.swiglu.tools.gradient.rule.AddRule;
import dev.swiglu.tools.gradient.rule.CastRule;
import dev.swiglu.tools.gradient.rule.ConcatRule;
import dev.swiglu.tools.gradient.rule.DivRule;
import dev.swiglu.tools.gradient.rule.ExpRule;
import dev.swiglu.tools.gradient.rule.ExpandRule;
import dev.swiglu.tools.gradient.rule.FusedSwiGluRule;
import dev.swiglu.tools.gradient.rule.GatherRule;
import dev.swiglu.tools.gradient.rule.GemmRule;
import dev.swiglu.tools.gradient.rule.IdentityRule;
import dev.swiglu.tools.gradient.rule.LogRule;
import dev.swiglu.tools.gradient.rule.LogSoftmaxRule;
import dev.swiglu.tools.gradient.rule.MatMulRule;
import dev.swiglu.tools.gradient.rule.MulRule;
import dev.swiglu.tools.gradient.rule.NegRule;
import dev.swiglu.tools.gradient.rule.NegativeLogLikelihoodRule;
import dev.swiglu.tools.gradient.rule.PowRule;
import dev.swiglu.tools.gradient.rule.ReciprocalRule;
import dev.swiglu.tools.gradient.rule.ReduceMeanRule;
import dev.swiglu.tools.gradient.rule.ReduceSumRule;
import dev.swiglu.tools.gradient.rule.ReluRule;
import dev.swiglu.tools.gradient.rule.ReshapeRule;
import dev.swiglu.tools.gradient.rule.RmsNormalizationRule;
import dev.swiglu.tools.gradient.rule.SigmoidRule;
import dev.swiglu.tools.gradient.rule.SliceRule;
import dev.swiglu.tools.gradient.rule.SoftmaxCrossEntropyRule;
import dev.swiglu.tools.gradient.rule.SoftmaxRule;
import dev.swiglu.tools.gradient.rule.SplitRule;
import dev.swiglu.tools.gradient.rule.SqrtRule;
import dev.swiglu.tools.gradient.rule.SubRule;
import dev.swiglu.tools.gradient.rule.SwiGluRule;
import dev.swiglu.tools.gradient.rule.TanhRule;
import dev.swiglu.tools.gradient.rule.TransposeRule;
import dev.swiglu.tools.gradient.rule.WhereRule;
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
            Map.entry("Expand", new ExpandRule()),
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
            Map.entry("Slice", new SliceRule()),
            Map.entry("Softmax", new SoftmaxRule()),
            Map.entry("SoftmaxCrossEntropyLoss", new SoftmaxCrossEntropyRule()),
            Map.entry("Split", new SplitRule()),
            Map.entry("Sqrt", new SqrtRule()),
            Map.entry("Squeeze", new ReshapeRule()),
            Map.entry("Sub", new SubRule()),
            Map.entry("Tanh", new TanhRule()),
            Map.entry("Transpose", new TransposeRule()),
            Map.entry("Unsqueeze", new ReshapeRule()),
            Map.entry("Where", new WhereRule()),
            Map.entry("dev.swiglu.FusedSwiGLU", new FusedSwiGluRule()),
            Map.entry("dev.swiglu.SwiGLU", new SwiGluRule())));

    /** Operators whose results do not change with their inputs, or only in steps. */
    private static final Set<String> ENDS = Set.of("And", "ArgMax", "ArgMin", "ConstantOfShape", "Equal", "Greater",
            "GreaterOrEqual", "IsInf", "IsNaN", "Less", "LessOrEqual", "NonZero", "Not", "Or", "Shape", "Size");

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
