package dev.swiglu.tools.rewrite.pattern;

import dev.swiglu.tools.onnx.ElementType;
import dev.swiglu.tools.onnx.NodeRef;
import dev.swiglu.tools.onnx.Scope;
import dev.swiglu.tools.rewrite.formula.FormulaReader;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;

/**
 * Whether a node completes a gated product. Each value before it that enters an activation may be the gate x; the product
 * is gated by x when, read as a formula of x, it is act(x)·up. So the order and the grouping of the operators do not matter.
 */
final class GateSearch {
    /** Activations are short; GELU spelled out takes nine nodes. */
    private static final int FARTHEST = 24;
    private static final int MOST_CANDIDATES = 16;
    private static final Set<String> ENDS = Set.of("Mul", "Div", "Cast", "SwiGLU", "MulMulSigmoid");
    /** Operators that make an activation out of arithmetic, or are one. */
    private static final Set<String> BENDS = Set.of("Sigmoid", "Tanh", "Erf", "Exp", "Relu", "Softplus", "Max", "Clip", "Swish",
            "Mish", "Gelu", "QuickGelu", "FastGelu", "BiasGelu", "SwiGLU", "MulSigmoid", "MulMulSigmoid");
    private static final Set<String> ARITHMETIC = Set.of("Mul", "Add", "Sub", "Div", "Pow", "Neg", "Log", "Reciprocal", "Identity",
            "Cast", "CastLike");

    private final ModelView view;
    private final NodeRef end;
    private final Scope scope;

    GateSearch(ModelView view, NodeRef end) {
        this.view = view;
        this.end = end;
        this.scope = end.scope();
    }

    Optional<GatedProduct> find() {
        boolean ends = end.node().getOutputCount() == 1 && (ENDS.contains(end.node().getOpType()) || isCall(end));
        if (!ends) {
            return Optional.empty();
        }
        for (Candidate candidate : candidates()) {
            Optional<GatedProduct> product = gatedBy(candidate);
            if (product.isPresent()) {
                return product.map(new ClampSearch(view, scope)::widened);
            }
        }
        return end.is("Mul") ? bilinear() : Optional.empty();
    }

    /** A value that may be the gate; {@code bias} is added to it by the activation itself, or empty. */
    private record Candidate(String value, String bias) {
        String name() {
            return bias.isEmpty() ? value : FormulaReader.sum(value, bias);
        }
    }

    /** The nearest to an activation first. */
    private List<Candidate> candidates() {
        Set<Candidate> candidates = new LinkedHashSet<>();
        for (NodeRef bend : upstream(List.of(end)).stream().filter(this::bends).toList()) {
            if (bend.is("com.microsoft", "BiasGelu") || bend.is("com.microsoft", "FastGelu") && !bend.input(1).isEmpty()) {
                candidates.add(new Candidate(bend.input(0), bend.input(1)));
            } else {
                bend.node().getInputList().forEach(input -> candidates.add(new Candidate(input, "")));
                upstream(producers(bend)).forEach(node ->
                        node.node().getInputList().forEach(input -> candidates.add(new Candidate(input, ""))));
            }
        }
        candidates.removeIf(candidate -> candidate.value().isEmpty() || scope.initializer(candidate.value()).isPresent());
        return candidates.stream().limit(MOST_CANDIDATES).toList();
    }

    /** The nodes, and the elementwise nodes before them, the nearest first. */
    private List<NodeRef> upstream(List<NodeRef> from) {
        Set<NodeRef> seen = new LinkedHashSet<>();
        Queue<NodeRef> open = new ArrayDeque<>(from);
        while (!open.isEmpty() && seen.size() < FARTHEST) {
            NodeRef node = open.remove();
            view.effort().step();
            if ((node.equals(end) || bends(node) || ARITHMETIC.contains(node.node().getOpType())) && seen.add(node)) {
                open.addAll(producers(node));
            }
        }
        return new ArrayList<>(seen);
    }

    private List<NodeRef> producers(NodeRef node) {
        return node.node().getInputList().stream().flatMap(input -> scope.ownProducer(input).stream()).toList();
    }

    private boolean bends(NodeRef node) {
        return BENDS.contains(node.node().getOpType()) || isCall(node);
    }

    private boolean isCall(NodeRef node) {
        return view.index().function(node.node()).isPresent();
    }

    private Optional<GatedProduct> gatedBy(Candidate x) {
        FormulaReader reader = new FormulaReader(view, scope, x.name());
        FormulaReader.Reading reading = reader.read(end.output(0));
        Set<String> others = reading.formula().values();
        if (!others.remove(x.name()) || others.size() > 1) {
            return Optional.empty();
        }
        String up = others.isEmpty() ? x.name() : others.iterator().next();
        ElementType element = view.types().of(scope, x.value()).element();
        return reading.formula().dividedBy(up)
                .flatMap(activated -> ActivationForms.find(activated, x.name(), element))
                .flatMap(activation -> product(x, up, activation, reader, reading));
    }

    private Optional<GatedProduct> product(Candidate x, String up, Activation activation, FormulaReader reader,
            FormulaReader.Reading reading) {
        ElementType element = element(end.output(0));
        Set<NodeRef> nodes = new LinkedHashSet<>(reading.nodes());
        String source = up;
        if (!reader.casts().isEmpty()) {
            Optional<NodeRef> cast = scope.ownProducer(up).filter(node -> node.is("Cast"));
            if (cast.isPresent() && element(up) != element && element(cast.get().input(0)) == element) {
                source = cast.get().input(0);
                nodes.add(cast.get());
            }
            boolean sameType = element == element(x.value()) && element == element(source);
            if (!sameType || !reader.casts().stream().allMatch(type -> type == element || type.bits() > element.bits())) {
                return Optional.empty();
            }
        }
        nodes.remove(end);
        Gate gate = new Gate(activation, x.value(), x.bias(), List.copyOf(nodes), form(activation, nodes));
        boolean gated = scope.definer(source).isPresent()
                && (!activation.isCommon() || areProjectionsOfOneX(x.value(), source));
        return gated ? Optional.of(new GatedProduct(end, gate, source, Clamping.NONE)) : Optional.empty();
    }

    /** gate·up without an activation, where both are projections. */
    private Optional<GatedProduct> bilinear() {
        return areProjectionsOfOneX(end.input(0), end.input(1))
                ? Optional.of(new GatedProduct(end, new Gate(Activation.IDENTITY, end.input(0), "", List.of(), "x"),
                        end.input(1), Clamping.NONE))
                : Optional.empty();
    }

    private boolean areProjectionsOfOneX(String gate, String up) {
        return !gate.equals(up) && Projection.of(view, scope, gate).and(Projection.of(view, scope, up), (left, right) ->
                SameValue.test(view.index(), scope, left.x(), right.x())
                        ? Result.match(true) : Result.declined("")) instanceof Result.Match;
    }

    private ElementType element(String value) {
        return view.types().of(scope, value).element();
    }

    /** The operators that bend, as the graph has them, behind "Cast" where it computes them in a wider type. */
    private String form(Activation activation, Set<NodeRef> nodes) {
        List<NodeRef> all = new ArrayList<>(nodes);
        all.add(end);
        List<String> bending = all.stream().filter(this::bends).map(node -> node.node().getOpType()).distinct().toList();
        String spelled = String.join("+", bending);
        boolean weighted = bending.equals(List.of("Sigmoid")) && !activation.equals(Activation.SIGMOID);
        boolean scaled = activation.alpha() != 1;
        String cast = all.stream().anyMatch(node -> node.is("Cast")) ? "Cast+" : "";
        return cast + (weighted ? scaled ? "Sigmoid(alpha*x)*x" : "Sigmoid*x" : spelled);
    }
}
