package dev.swiglu.tools.verify.exact;

import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.swiglu.tools.onnx.Attributes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Operators for which ONNX Runtime's CPU provider has a float32 kernel and no float64 one, as of 1.29. In a float64
 * model they run between casts, so their own result carries a float32 rounding, and the reference is as exact as they are.
 * A model with another such operator has no twin, and the report says so. Beside each name: the inputs and outputs that hold integers or booleans and stay as they are.
 */
final class Float32Operators {

    private static final String NARROWED = "__float32";

    private static final Map<String, Signature> KNOWN = new HashMap<>();

    static {
        floats("Celu", "Elu", "Erf", "Gelu", "HardSigmoid", "HardSwish", "LeakyRelu", "Mish", "PRelu", "Selu", "Softplus",
                "Softsign", "ThresholdedRelu");
        with("RotaryEmbedding", Set.of(3), Set.of());
        with("DequantizeLinear", Set.of(0, 2), Set.of());
        with("QuantizeLinear", Set.of(2), Set.of(0));
        with("DynamicQuantizeLinear", Set.of(), Set.of(0, 2));
        floats("com.microsoft.BiasGelu", "com.microsoft.FusedGemm", "com.microsoft.Gelu",
                "com.microsoft.SkipLayerNormalization", "com.microsoft.SkipSimplifiedLayerNormalization");
        with("com.microsoft.Attention", Set.of(3, 6), Set.of());
        with("com.microsoft.GroupQueryAttention", Set.of(5, 6, 9), Set.of());
        with("com.microsoft.MultiHeadAttention", Set.of(4, 8, 9), Set.of());
        with("com.microsoft.RotaryEmbedding", Set.of(1), Set.of());
        with("com.microsoft.GemmaRotaryEmbedding", Set.of(), Set.of());
        with("com.microsoft.MatMulNBits", Set.of(1, 3, 4), Set.of());
        with("com.microsoft.GatherBlockQuantized", Set.of(0, 1, 3), Set.of());
        with("com.microsoft.DequantizeLinear", Set.of(0, 2), Set.of());
        with("com.microsoft.QuantizeLinear", Set.of(2), Set.of(0));
    }

    private Float32Operators() {}

    static Optional<Signature> find(NodeProto node) {
        String domain = node.getDomain().equals("ai.onnx") ? "" : node.getDomain();
        return Optional.ofNullable(KNOWN.get(domain.isEmpty() ? node.getOpType() : domain + "." + node.getOpType()));
    }

    /** Which places of an operator are not floating-point. */
    record Signature(Set<Integer> otherInputs, Set<Integer> otherOutputs) {

        /**
         * The node between casts: float64 values go in and come out.
         *
         * @param others values that are known not to be floats; where an input may be either, this decides
         */
        List<NodeProto> wrap(NodeProto node, Set<String> others) {
            List<NodeProto> entering = new ArrayList<>();
            List<NodeProto> leaving = new ArrayList<>();
            NodeProto.Builder inner = node.toBuilder();
            for (int i = 0; i < node.getInputCount(); i++) {
                String value = node.getInput(i);
                if (!value.isEmpty() && !otherInputs.contains(i) && !others.contains(value)) {
                    // an output's name is unique in the graph, so what is derived from it is too
                    inner.setInput(i, node.getOutput(0) + NARROWED + "_in" + i);
                    entering.add(cast(value, inner.getInput(i), DataType.FLOAT));
                }
            }
            for (int i = 0; i < node.getOutputCount(); i++) {
                String value = node.getOutput(i);
                if (!value.isEmpty() && !otherOutputs.contains(i)) {
                    inner.setOutput(i, narrowed(value));
                    leaving.add(cast(inner.getOutput(i), value, DataType.DOUBLE));
                }
            }
            entering.add(inner.build());
            entering.addAll(leaving);
            return entering;
        }
    }

    /** The name of the float32 value from which {@code value} is made, where a wrapped operator makes it. */
    static String narrowed(String value) {
        return value + NARROWED;
    }

    static NodeProto cast(String from, String to, DataType type) {
        return NodeProto.newBuilder().setOpType("Cast").addInput(from).addOutput(to)
                .addAttribute(Attributes.of("to", (long) type.getNumber())).build();
    }

    private static void floats(String... operators) {
        for (String operator : operators) {
            with(operator, Set.of(), Set.of());
        }
    }

    private static void with(String operator, Set<Integer> otherInputs, Set<Integer> otherOutputs) {
        KNOWN.put(operator, new Signature(otherInputs, otherOutputs));
    }
}
