package dev.swiglu.tools.onnx;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * One graph of a model: the main graph, the body of an If, Loop or Scan, or that of a local function. Names resolve as in
 * ONNX: here first, then in the enclosing graphs; two branches of an If may use the same names for different values. Every
 * question about a value is answered by the scope that defines it, so a consumer in a nested body counts as a consumer.
 */
public final class Scope {
    private final Scope parent;
    private final NodeRef owner;
    private final String path;
    private final GraphProto graph;
    private final Map<String, NodeRef> producers = new HashMap<>();
    private final Map<String, List<NodeRef>> consumers = new HashMap<>();
    private final Map<String, TensorProto> initializers = new HashMap<>();
    private final Map<String, ValueInfoProto> inputs = new HashMap<>();
    private final Set<String> sparseInitializers = new HashSet<>();
    private final Set<String> outputs = new HashSet<>();
    private final NodeOrder order;
    private List<NodeRef> sorted;

    /** @param owner the node of the enclosing graph that carries this one; null for the main graph and functions */
    Scope(NodeRef owner, String path, GraphProto graph) {
        this.parent = owner == null ? null : owner.scope();
        this.owner = owner;
        this.order = new NodeOrder(graph.getNodeCount());
        this.path = path;
        this.graph = graph;
        graph.getInitializerList().forEach(tensor -> initializers.put(tensor.getName(), tensor));
        graph.getSparseInitializerList().forEach(tensor -> sparseInitializers.add(tensor.getValues().getName()));
        graph.getInputList().forEach(input -> inputs.put(input.getName(), input));
    }

    /** The graph's name, behind the names of the nodes and attributes that lead to it. */
    public String path() {
        return path;
    }

    public GraphProto graph() {
        return graph;
    }

    public NodeRef node(int position) {
        return new NodeRef(this, position, graph.getNode(position));
    }

    /** Every node after those whose values it reads, whatever the order in the graph. */
    public List<NodeRef> sortedNodes() {
        if (sorted == null) {
            sorted = order.sorted().stream().map(this::node).toList();
        }
        return sorted;
    }

    public boolean isSorted() {
        List<NodeRef> nodes = sortedNodes();
        return IntStream.range(0, nodes.size()).allMatch(position -> nodes.get(position).position() == position);
    }

    /** The scope that defines {@code value}: this one, an enclosing one, or none. */
    public Optional<Scope> definer(String value) {
        for (Scope scope = this; scope != null; scope = scope.parent) {
            if (scope.defines(value)) {
                return Optional.of(scope);
            }
        }
        return Optional.empty();
    }

    /** The node that makes {@code value}; empty for graph inputs and initializers. */
    public Optional<NodeRef> producer(String value) {
        return definer(value).map(scope -> scope.producers.get(value));
    }

    /** The same for nodes of this graph alone: a body may read what is computed outside of it, but may not replace that. */
    public Optional<NodeRef> ownProducer(String value) {
        return producer(value).filter(node -> node.scope() == this);
    }

    /** Every node that reads {@code value}, once per input, including nodes of nested bodies that capture it. */
    public List<NodeRef> consumers(String value) {
        return definer(value).map(scope -> scope.consumers.getOrDefault(value, List.of())).orElse(List.of());
    }

    public boolean isOutput(String value) {
        return definer(value).map(scope -> scope.outputs.contains(value)).orElse(false);
    }

    public Optional<TensorProto> initializer(String value) {
        return definer(value).map(scope -> scope.initializers.get(value));
    }

    /** The declaration of {@code value} as an input of its graph. */
    public Optional<ValueInfoProto> input(String value) {
        return definer(value).map(scope -> scope.inputs.get(value));
    }

    private boolean defines(String value) {
        return producers.containsKey(value) || initializers.containsKey(value) || inputs.containsKey(value)
                || sparseInitializers.contains(value);
    }

    /** Answers the node that already makes {@code value}, or null. */
    NodeRef addProducer(String value, NodeRef node) {
        return producers.putIfAbsent(value, node);
    }

    void addConsumer(String value, NodeRef node) {
        definer(value).ifPresent(scope -> {
            scope.consumers.computeIfAbsent(value, name -> new ArrayList<>()).add(node);
            NodeRef maker = scope.producers.get(value);
            NodeRef reader = node;
            while (reader.scope() != scope) {
                reader = reader.scope().owner;
            }
            if (maker != null) {
                scope.order.add(maker.position(), reader.position());
            }
        });
    }

    void addOutput(String value) {
        definer(value).ifPresent(scope -> scope.outputs.add(value));
    }
}
