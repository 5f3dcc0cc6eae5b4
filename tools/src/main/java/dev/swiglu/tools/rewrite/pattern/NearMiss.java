package dev.swiglu.tools.rewrite.pattern;

import dev.swiglu.tools.onnx.NodeRef;
import dev.swiglu.tools.onnx.Scope;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A product that looks like a gated MLP and is none that our operators compute: one projection of X, through something that
 * is not linear, times another projection of the same X.
 *
 * @param gate the input of the product that is not linear in X
 * @param form the operators between projection and product
 * @param reason names the node in the way
 */
public record NearMiss(NodeRef product, String gate, String form, String reason) {
    private static final int FARTHEST = 24;
    private static final Set<String> PROJECTIONS = Set.of("MatMul", "Gemm", "FusedMatMul", "FusedGemm", "MatMulNBits",
            "MatMulInteger", "MatMulIntegerToFloat", "DynamicQuantizeMatMul", "QLinearMatMul", "MatMulBnb4", "QGemm");
    /** What a value passes through and stays the same value, but for its scale and its rounding. */
    private static final Set<String> LINEAR = Set.of("Mul", "Add", "Sub", "Div", "Neg", "Identity", "Cast", "Reshape", "Split",
            "Slice", "Gather", "QuantizeLinear", "DequantizeLinear");
    private static final Set<String> BENT = Set.of("Sigmoid", "Tanh", "Erf", "Exp", "Relu", "Softplus", "Max", "Min", "Clip", "Swish",
            "Mish", "Gelu", "QuickGelu", "FastGelu", "BiasGelu", "HardSigmoid", "HardSwish", "Elu", "Celu", "Selu", "LeakyRelu",
            "PRelu", "Softsign", "ThresholdedRelu", "QLinearSigmoid", "Pow", "Abs", "Log", "Reciprocal", "Where");
    private static final String ACTIVATIONS = "silu, sigmoid, gelu, gelu_tanh, relu, quick_gelu, squared_relu, mish or identity";

    /** The near misses among the products that are not {@code taken}. */
    static List<NearMiss> findAll(ModelView view, Set<NodeRef> taken) {
        List<NearMiss> found = new ArrayList<>();
        for (Scope scope : view.index().scopes()) {
            for (NodeRef node : scope.sortedNodes()) {
                if (node.is("Mul") && !taken.contains(node)) {
                    between(view, node, 0).or(() -> between(view, node, 1)).ifPresent(found::add);
                }
            }
        }
        return found;
    }

    /** What lies before a value, as far back as the projections that it is made of. */
    private record Path(Set<NodeRef> projections, Set<NodeRef> nodes, Set<NodeRef> bends, boolean complete) {
    }

    private static Optional<NearMiss> between(ModelView view, NodeRef product, int gated) {
        Path gate = path(view, product, product.input(gated));
        Path up = path(view, product, product.input(1 - gated));
        boolean alike = gate.complete() && up.complete() && gate.projections().size() == 1 && up.projections().size() == 1
                && !gate.bends().isEmpty() && up.bends().isEmpty();
        if (!alike) {
            return Optional.empty();
        }
        NodeRef first = gate.projections().iterator().next();
        NodeRef second = up.projections().iterator().next();
        boolean sameX = SameValue.test(view.index(), product.scope(), first.input(0), second.input(0));
        boolean packed = first.equals(second) && up.nodes().stream().anyMatch(node -> node.is("Split") || node.is("Slice"));
        return !sameX || first.equals(second) && !packed ? Optional.empty()
                : Optional.of(new NearMiss(product, product.input(gated), form(gate), reason(gate, up)));
    }

    private static String form(Path gate) {
        return gate.bends().stream().map(node -> node.node().getOpType()).distinct()
                .collect(Collectors.joining("+"));
    }

    private static String reason(Path gate, Path up) {
        List<NodeRef> all = new ArrayList<>(gate.nodes());
        all.addAll(up.nodes());
        Optional<NodeRef> quantizer = all.stream().filter(node -> node.node().getOpType().equals("QuantizeLinear")).findFirst();
        if (quantizer.isPresent()) {
            return quantizer.get().describe() + " rounds to integers between the projections and the product;"
                    + " without it the product could be fused.";
        }
        List<String> nodes = gate.nodes().stream().filter(node -> !node.is("Cast") && !node.is("Identity"))
                .map(NodeRef::describe).toList();
        return String.join(", ", nodes) + (nodes.size() == 1 ? " computes" : " together compute")
                + " none of the activations that the operators have, and one would be needed: " + ACTIVATIONS + ".";
    }

    private static Path path(ModelView view, NodeRef product, String value) {
        Scope scope = product.scope();
        Set<NodeRef> projections = new LinkedHashSet<>();
        Set<NodeRef> nodes = new LinkedHashSet<>();
        Set<NodeRef> bends = new LinkedHashSet<>();
        Queue<String> open = new ArrayDeque<>(List.of(value));
        while (!open.isEmpty() && nodes.size() < FARTHEST) {
            String next = open.remove();
            Optional<NodeRef> producer = scope.producer(next);
            if (scope.initializer(next).isPresent() || next.isEmpty() || producer.filter(node -> node.is("Constant")).isPresent()) {
                continue;
            }
            String operator = producer.map(node -> node.node().getOpType()).orElse("");
            if (PROJECTIONS.contains(operator)) {
                projections.add(producer.get());
                continue;
            }
            boolean bent = BENT.contains(operator) || producer.flatMap(node -> view.index().function(node.node())).isPresent();
            if (!bent && !LINEAR.contains(operator)) {
                return new Path(projections, nodes, bends, false);
            }
            if (bent) {
                bends.add(producer.get());
            }
            if (nodes.add(producer.get())) {
                open.addAll(producer.get().node().getInputList());
            }
        }
        return new Path(projections, nodes, bends, open.isEmpty());
    }
}
