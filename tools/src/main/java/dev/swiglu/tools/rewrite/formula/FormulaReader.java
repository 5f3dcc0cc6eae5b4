package dev.swiglu.tools.rewrite.formula;

import ai.onnx.proto.OnnxMl.NodeProto;
import dev.swiglu.tools.onnx.Attributes;
import dev.swiglu.tools.onnx.ConstantNode;
import dev.swiglu.tools.onnx.ElementType;
import dev.swiglu.tools.onnx.LocalFunction;
import dev.swiglu.tools.onnx.NodeRef;
import dev.swiglu.tools.onnx.Scope;
import dev.swiglu.tools.onnx.TensorData;
import dev.swiglu.tools.rewrite.pattern.ModelView;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Reads values of a graph as formulas of one of them, x. Numbers are looked up, casts between floating-point types are seen
 * through, calls of the model's own functions are read as their bodies; what does not depend on x stays a name.
 */
public final class FormulaReader {
    private final ModelView view;
    private final Scope scope;
    private final Map<String, Reading> known = new HashMap<>();
    private final String x;
    private final Call call;
    private final Walk walk;

    /**
     * What a value is.
     *
     * @param nodes those that compute it from x and from what does not depend on x
     */
    public record Reading(Polynomial formula, Set<NodeRef> nodes) {
        private static Reading of(double number) {
            return new Reading(Polynomial.of(number), Set.of());
        }

        private static Reading named(String value) {
            return new Reading(Polynomial.of(new Atom.Value(value)), Set.of());
        }

        private boolean isNumber() {
            return formula.number().isPresent();
        }
    }

    /** The function whose body is read, and the node that calls it. */
    private record Call(LocalFunction function, NodeProto node) {
    }

    /** What one walk meets and may take, function bodies included; recursion ends where the steps do. */
    private static final class Walk {
        private static final int DEEPEST = 24;
        private static final int LONGEST = 96;
        private final Set<ElementType> casts = EnumSet.noneOf(ElementType.class);
        private int depth;
        private int steps;

        private boolean mayGoOn() {
            return depth < DEEPEST && ++steps < LONGEST;
        }
    }

    /** @param x a value, or a {@link #sum} that only a bias operator makes */
    public FormulaReader(ModelView view, Scope scope, String x) {
        this(view, scope, x, null, new Walk());
        known.put(x, Reading.named(x));
    }

    private FormulaReader(ModelView view, Scope scope, String x, Call call, Walk walk) {
        this.view = view;
        this.scope = scope;
        this.x = x;
        this.call = call;
        this.walk = walk;
    }

    /** How {@code value + bias} is called where BiasGelu or FastGelu adds it, and no value of the graph holds the sum. */
    public static String sum(String value, String bias) {
        return value + " + " + bias;
    }

    /** The types to which values that depend on x are cast on the way. */
    public Set<ElementType> casts() {
        return walk.casts;
    }

    public Reading read(String value) {
        Reading reading = known.get(value);
        if (reading == null) {
            view.effort().step();
            walk.depth++;
            reading = walk.mayGoOn() ? number(value).or(() -> computed(value)).orElseGet(() -> named(value)) : named(value);
            walk.depth--;
            known.put(value, reading);
        }
        return reading;
    }

    private Reading named(String value) {
        return Reading.named(call == null ? value : call.function().body().path() + ":" + value);
    }

    private Optional<Reading> number(String value) {
        Optional<NodeProto> constant = scope.ownProducer(value).filter(node -> node.is("Constant")).map(this::bound);
        Optional<TensorData> tensor = constant.isEmpty() ? view.index().constant(scope, value)
                : ConstantNode.tensor(constant.get()).map(held -> TensorData.of(held, view.index().file()));
        return tensor.filter(data -> data.count() == 1).map(data -> Reading.of(data.doubles()[0]));
    }

    private Optional<Reading> computed(String value) {
        return scope.ownProducer(value).flatMap(node -> {
            List<String> inputs = inputs(node);
            return formula(node, value, inputs).flatMap(formula -> reading(node, formula, inputs));
        });
    }

    private Optional<Reading> reading(NodeRef node, Polynomial formula, List<String> inputs) {
        if (formula.number().isPresent()) {
            return Optional.of(new Reading(formula, Set.of()));
        }
        boolean stays = call == null && !formula.values().contains(x);
        if (stays) {
            return Optional.empty();
        }
        Set<NodeRef> nodes = new LinkedHashSet<>();
        if (call == null) {
            inputs.stream().filter(known::containsKey).forEach(input -> nodes.addAll(known.get(input).nodes()));
            nodes.add(node);
        }
        return Optional.of(new Reading(formula, nodes));
    }

    private Optional<Polynomial> formula(NodeRef node, String value, List<String> inputs) {
        try {
            if (inputs.isEmpty()) {
                return Optional.empty();
            }
            if (node.is("Cast") || node.is("CastLike")) {
                return cast(node, read(inputs.get(0)));
            }
            if (inputs.size() == 2 && (node.is("com.microsoft", "BiasGelu") || node.is("com.microsoft", "FastGelu"))) {
                String sum = sum(inputs.get(0), inputs.get(1));
                return known.containsKey(sum) ? Operators.formula(node.node(), 1, input -> read(sum).formula()) : Optional.empty();
            }
            Optional<LocalFunction> function = view.index().function(node.node())
                    .filter(called -> node.node().getOutputCount() <= called.function().getOutputCount());
            if (function.isPresent()) {
                return Optional.of(called(function.get(), node, value, inputs.stream().map(this::read).toList()));
            }
            return inputs.contains("") ? Optional.empty()
                    : Operators.formula(bound(node), inputs.size(), input -> read(inputs.get(input)).formula())
                            .filter(formula -> !addsDimensions(inputs));
        } catch (Polynomial.TooLarge notAnActivation) {
            return Optional.empty();
        }
    }

    private Polynomial called(LocalFunction function, NodeRef node, String value, List<Reading> inputs) {
        FormulaReader body = new FormulaReader(view, function.body(), x, new Call(function, bound(node)), walk);
        List<String> formal = function.function().getInputList();
        for (int i = 0; i < Math.min(formal.size(), inputs.size()); i++) {
            body.known.put(formal.get(i), inputs.get(i));
        }
        int output = node.node().getOutputList().indexOf(value);
        return body.read(function.function().getOutput(output)).formula();
    }

    private Optional<Polynomial> cast(NodeRef node, Reading input) {
        ElementType from = view.types().of(scope, node.input(0)).element();
        ElementType to = node.is("Cast") ? ElementType.of((int) Attributes.integer(bound(node), "to", 0))
                : view.types().of(scope, node.input(1)).element();
        boolean like = node.is("CastLike") && to == ElementType.UNKNOWN;
        if (input.isNumber()) {
            double number = input.formula().number().getAsDouble();
            return like ? Optional.of(input.formula())
                    : to.isComputable() ? Optional.of(Polynomial.of(TensorData.rounded(to, number))) : Optional.empty();
        }
        boolean real = to.isComputable() && (from.isComputable() || from == ElementType.UNKNOWN);
        if (real && input.formula().values().contains(x)) {
            walk.casts.add(to);
        }
        return real ? Optional.of(input.formula()) : Optional.empty();
    }

    /** A number in a tensor of more dimensions than its partner would give the result those dimensions. */
    private boolean addsDimensions(List<String> inputs) {
        int rank = 1;
        int numberRank = 0;
        for (String input : inputs) {
            int own = view.types().of(scope, input).shape().rank();
            if (read(input).isNumber()) {
                numberRank = Math.max(numberRank, own);
            } else {
                rank = Math.max(rank, own);
            }
        }
        return numberRank > rank;
    }

    /** The inputs; those left out at the end are not there. */
    private static List<String> inputs(NodeRef node) {
        List<String> names = new ArrayList<>(node.node().getInputList());
        while (!names.isEmpty() && names.get(names.size() - 1).isEmpty()) {
            names.remove(names.size() - 1);
        }
        return names;
    }

    private NodeProto bound(NodeRef node) {
        return call == null ? node.node() : call.function().bound(node.node(), call.node());
    }
}
