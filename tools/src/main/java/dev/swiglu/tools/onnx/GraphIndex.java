package dev.swiglu.tools.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.FunctionProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.ToolException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;

/**
 * Who makes and who reads each value of a model, in the main graph and in every nested body. Building it checks what
 * everything after it relies on, also of graphs that no file holds, as a restored one: each value is made once, and not out of
 * itself, so that no walk can run in circles.
 */
public final class GraphIndex {
    private static final String OPERATORS = "dev.swiglu";

    private final ModelProto model;
    private final Path file;
    private final List<Scope> scopes = new ArrayList<>();
    private final Map<String, LocalFunction> functions = new LinkedHashMap<>();

    private GraphIndex(ModelProto model, Path file) {
        this.model = model;
        this.file = file;
    }

    /** @param file where the model lies; constants may be kept in files beside it */
    public static GraphIndex of(ModelProto model, Path file) {
        GraphIndex index = new GraphIndex(model, file);
        String name = model.getGraph().getName();
        index.add(null, name.isEmpty() ? "main" : name, model.getGraph());
        for (FunctionProto function : model.getFunctionsList()) {
            if (!function.getDomain().equals(OPERATORS)) {
                Scope body = index.add(null, "function " + function.getName(), LocalFunction.graph(function));
                index.functions.put(key(function.getDomain(), function.getName()), new LocalFunction(function, body));
            }
        }
        return index;
    }

    public ModelProto model() {
        return model;
    }

    /** Where the model lies. */
    public Path file() {
        return file;
    }

    public Scope main() {
        return scopes.get(0);
    }

    /** The main graph first, then every body in the order in which it is met, then the model's own functions. */
    public List<Scope> scopes() {
        return Collections.unmodifiableList(scopes);
    }

    /** The model's own function that {@code node} calls. */
    public Optional<LocalFunction> function(NodeProto node) {
        return functions.isEmpty() ? Optional.empty()
                : Optional.ofNullable(functions.get(key(node.getDomain(), node.getOpType())));
    }

    /** The model's own functions, without the portable bodies of our operators, which stand for themselves. */
    public Collection<LocalFunction> functions() {
        return Collections.unmodifiableCollection(functions.values());
    }

    /** The version of {@code domain} that the model imports; 0 when it imports none. */
    public long opset(String domain) {
        return model.getOpsetImportList().stream()
                .filter(opset -> opset.getDomain().equals(domain)
                        || domain.isEmpty() && opset.getDomain().equals("ai.onnx"))
                .mapToLong(OperatorSetIdProto::getVersion).findFirst().orElse(0);
    }

    /**
     * Whether {@code value} is an initializer that a caller may replace at run time, because it is also an input. Before
     * IR version 4 every initializer had to be listed as an input, so there the listing means nothing.
     */
    public boolean isOverridable(Scope scope, String value) {
        return model.getIrVersion() >= 4 && scope.initializer(value).isPresent() && scope.input(value).isPresent();
    }

    /** The elements of {@code value} when no run can change them: an initializer or the output of a Constant node. */
    public Optional<TensorData> constant(Scope scope, String value) {
        Optional<TensorProto> initializer = scope.initializer(value).filter(tensor -> !isOverridable(scope, value));
        return initializer.or(() -> scope.producer(value).filter(node -> node.is("Constant"))
                .flatMap(node -> ConstantNode.tensor(node.node()))).map(tensor -> TensorData.of(tensor, file));
    }

    /** The one number that {@code value} holds, in a tensor that broadcasts without adding dimensions: [] or [1]. */
    public OptionalDouble scalar(Scope scope, String value) {
        return constant(scope, value).filter(data -> data.count() == 1 && data.rank() <= 1)
                .map(data -> OptionalDouble.of(data.doubles()[0])).orElse(OptionalDouble.empty());
    }

    private Scope add(NodeRef owner, String path, GraphProto graph) {
        Scope scope = new Scope(owner, path, graph);
        scopes.add(scope);
        for (int position = 0; position < graph.getNodeCount(); position++) {
            addProducers(scope, scope.node(position));
        }
        for (int position = 0; position < graph.getNodeCount(); position++) {
            NodeRef node = scope.node(position);
            addConsumers(scope, node);
            for (AttributeProto attribute : node.node().getAttributeList()) {
                for (GraphProto body : Attributes.bodies(attribute)) {
                    add(node, path + "/" + node.name() + "." + attribute.getName(), body);
                }
            }
        }
        graph.getOutputList().forEach(output -> scope.addOutput(output.getName()));
        requireNoCircle(scope);
        return scope;
    }

    private void addProducers(Scope scope, NodeRef node) {
        for (String value : node.node().getOutputList()) {
            if (value.isEmpty()) {
                continue;
            }
            NodeRef earlier = scope.addProducer(value, node);
            if (earlier != null) {
                throw new ToolException(ExitCode.REFUSED, refusal() + "value '" + value + "' is made twice, by "
                        + earlier.describe() + " and by " + node.describe() + ".");
            }
        }
    }

    private void addConsumers(Scope scope, NodeRef node) {
        node.node().getInputList().stream().filter(value -> !value.isEmpty()).forEach(value -> scope.addConsumer(value, node));
    }

    private void requireNoCircle(Scope scope) {
        Set<NodeRef> sorted = new HashSet<>(scope.sortedNodes());
        for (int position = 0; position < scope.graph().getNodeCount(); position++) {
            if (!sorted.contains(scope.node(position))) {
                throw new ToolException(ExitCode.REFUSED, refusal() + scope.node(position).describe()
                        + " needs its own result, directly or through other nodes.");
            }
        }
    }

    private static String key(String domain, String name) {
        return domain + "::" + name;
    }

    private String refusal() {
        return file + " is not a valid model: ";
    }
}
