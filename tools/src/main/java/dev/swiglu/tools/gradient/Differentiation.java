package dev.swiglu.tools.gradient;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.ToolException;
import dev.swiglu.tools.onnx.Attributes;
import dev.swiglu.tools.onnx.GraphIndex;
import dev.swiglu.tools.onnx.NodeRef;
import dev.swiglu.tools.onnx.Scope;
import dev.swiglu.tools.onnx.ValueTypes;
import dev.swiglu.tools.portable.GraphWriter;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Reverse accumulation over the main graph. Only nodes that lie on a path from a wanted value to the differentiated one are
 * visited, last first, so that every reader of a value has contributed before the node that makes it is asked.
 */
final class Differentiation {
    /** How many names a refusal lists. */
    private static final int NAMED = 3;

    private final GraphIndex index;
    private final ValueTypes types;
    private final Scope main;
    private final GraphWriter writer;
    private final boolean recomputes;
    private final List<String> wanted;

    /** Values that depend on a wanted one and on which the differentiated one depends. */
    private final Set<String> path = new HashSet<>();
    private final Map<String, List<String>> contributions = new HashMap<>();
    private final Map<String, String> gradients = new HashMap<>();
    private final Map<Integer, NodeProto> extended = new HashMap<>();

    /** @param wanted the inputs and initializers by which is differentiated */
    Differentiation(GraphIndex index, ValueTypes types, GraphWriter writer, List<String> wanted, boolean recomputes) {
        this.index = index;
        this.types = types;
        this.main = index.main();
        this.writer = writer;
        this.wanted = wanted;
        this.recomputes = recomputes;
    }

    /** The values of the main graph from which a differentiable path leads to one of {@code of}, and these themselves. */
    static Set<String> influences(Scope main, Collection<String> of) {
        Set<String> values = new HashSet<>(of);
        for (int position = main.graph().getNodeCount() - 1; position >= 0; position--) {
            NodeRef node = main.node(position);
            if (node.node().getOutputList().stream().anyMatch(values::contains)) {
                differentiableInputs(node).forEach(values::add);
            }
        }
        return values;
    }

    /** Appends the nodes that compute the gradients; {@code seed} is that of {@code of}. */
    void run(String of, String seed) {
        findPath(of);
        contribute(of, seed);
        for (int position = main.graph().getNodeCount() - 1; position >= 0; position--) {
            NodeRef node = main.node(position);
            boolean visited = node.node().getOutputList().stream().anyMatch(output -> gradient(output).isPresent());
            if (visited) {
                writer.at("grad/" + node.output(0));
                rule(node).differentiate(new Backward(this, node));
            }
        }
        writer.at("grad");
        wanted.forEach(this::gradient);
    }

    /** The gradient of a value, the sum of all contributions; empty where it has none. */
    Optional<String> gradient(String value) {
        List<String> parts = contributions.remove(value);
        if (parts != null) {
            gradients.put(value, parts.size() == 1 ? parts.get(0)
                    : writer.add(parts.size() == 2 ? "Add" : "Sum", parts.toArray(String[]::new)));
        }
        return Optional.ofNullable(gradients.get(value));
    }

    boolean wants(NodeRef node, int input) {
        return path.contains(node.input(input)) && GradientRules.isDifferentiable(node, input);
    }

    void contribute(String value, String gradient) {
        contributions.computeIfAbsent(value, name -> new ArrayList<>()).add(gradient);
    }

    /** The output of a forward node at this place, which the node is made to compute where it did not. */
    String output(NodeRef node, int place) {
        NodeProto current = extended.getOrDefault(node.position(), node.node());
        if (place < current.getOutputCount() && !current.getOutput(place).isEmpty()) {
            return current.getOutput(place);
        }
        NodeProto.Builder more = current.toBuilder();
        while (more.getOutputCount() <= place) {
            more.addOutput("");
        }
        more.setOutput(place, writer.unique(node.output(0) + "/output." + place));
        extended.put(node.position(), more.build());
        return more.getOutput(place);
    }

    /** The forward nodes, some with more outputs than before. */
    List<NodeProto> forward() {
        List<NodeProto> nodes = new ArrayList<>();
        for (int position = 0; position < main.graph().getNodeCount(); position++) {
            nodes.add(extended.getOrDefault(position, main.graph().getNode(position)));
        }
        return nodes;
    }

    GraphWriter writer() {
        return writer;
    }

    GraphIndex index() {
        return index;
    }

    ValueTypes types() {
        return types;
    }

    boolean recomputes() {
        return recomputes;
    }

    /**
     * Why no gradient passes a node, and whose it was to be: one that is no weight can be left out.
     *
     * @param why a clause, without a full stop
     */
    ToolException refusal(NodeRef node, String why) {
        Set<String> before = influences(main, differentiableInputs(node));
        List<String> waiting = wanted.stream().filter(before::contains).map(name -> "'" + name + "'").toList();
        return new ToolException(ExitCode.REFUSED, "No gradient passes " + node.describe() + " on the way to "
                + String.join(", ", waiting.subList(0, Math.min(NAMED, waiting.size())))
                + (waiting.size() > NAMED ? " and " + (waiting.size() - NAMED) + " others" : "") + ": " + why + ".");
    }

    private void findPath(String of) {
        Set<String> dependent = new HashSet<>(wanted);
        for (int position = 0; position < main.graph().getNodeCount(); position++) {
            NodeRef node = main.node(position);
            if (differentiableInputs(node).stream().anyMatch(dependent::contains)) {
                dependent.addAll(node.node().getOutputList());
            }
        }
        path.addAll(influences(main, List.of(of)));
        path.retainAll(dependent);
    }

    /** With the values that bodies of control flow read from this graph. */
    private static List<String> differentiableInputs(NodeRef node) {
        List<String> inputs = new ArrayList<>();
        for (int i = 0; i < node.node().getInputCount(); i++) {
            if (!node.input(i).isEmpty() && GradientRules.isDifferentiable(node, i)) {
                inputs.add(node.input(i));
            }
        }
        for (AttributeProto attribute : node.node().getAttributeList()) {
            Attributes.bodies(attribute).forEach(body -> GraphReads.of(body).forEach(inputs::add));
        }
        return inputs;
    }

    private GradientRule rule(NodeRef node) {
        boolean controlFlow = node.node().getAttributeList().stream().anyMatch(a -> !Attributes.bodies(a).isEmpty());
        if (controlFlow) {
            throw refusal(node, "control flow is not differentiated");
        }
        return GradientRules.find(node).orElseThrow(() -> refusal(node, "there is no rule for the operator "
                + GradientRules.name(node)));
    }
}
