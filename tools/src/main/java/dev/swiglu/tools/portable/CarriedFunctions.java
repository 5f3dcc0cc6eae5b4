package dev.swiglu.tools.portable;

import ai.onnx.proto.OnnxMl.FunctionProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import dev.swiglu.tools.onnx.ElementType;
import dev.swiglu.tools.rewrite.rule.Replacement;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The model-local functions that let a rewritten model or a gradient graph run without the library. A model has one function
 * of a name, with one body, so all nodes of an operator must need the same one. Where those of a gradient graph do not, or
 * where the element type of its constants is not known, it carries none of it and needs the library; a rewrite leaves the
 * others alone.
 */
public final class CarriedFunctions {
    private CarriedFunctions() {
    }

    /**
     * The function that computes what {@code node} does; empty where its type is not known or its operator does not take it.
     *
     * @param elements the types of its inputs
     */
    public static Optional<FunctionProto> of(NodeProto node, Function<String, ElementType> elements, long opset) {
        return OperatorBody.of(node, wanted(List.of(node), node.getOpType()), elements, opset);
    }

    /**
     * A node wherever it stands: in the main graph, in a body or in a function.
     *
     * @param elements the types of values, as that graph calls them
     */
    public record Use(NodeProto node, Function<String, ElementType> elements) {
    }

    /**
     * Puts a function into {@code model} for each dev.swiglu operator that it uses, in place of what it had.
     *
     * @param uses all nodes of the model: a function of a name stands for every one of its operator
     * @param notes receives sentences for people
     */
    public static void put(ModelProto.Builder model, List<Use> uses, long opset, List<String> notes) {
        List<Use> ours = uses.stream().filter(use -> use.node().getDomain().equals(Replacement.DOMAIN)).toList();
        List<NodeProto> nodes = ours.stream().map(Use::node).toList();
        Map<String, Optional<FunctionProto>> functions = new LinkedHashMap<>();
        for (Use use : ours) {
            String operator = use.node().getOpType();
            functions.merge(operator, OperatorBody.of(use.node(), wanted(nodes, operator), use.elements(), opset),
                    (one, other) -> one.equals(other) ? one : Optional.empty());
        }
        List<FunctionProto> kept = model.getFunctionsList().stream()
                .filter(own -> !own.getDomain().equals(Replacement.DOMAIN) || !functions.containsKey(own.getName())).toList();
        model.clearFunctions().addAllFunctions(kept);
        functions.forEach((operator, function) -> function.ifPresentOrElse(model::addFunctions,
                () -> notes.add("The nodes of " + operator + " differ in form, or their type is not known, so that no function"
                        + " stands for them: this model needs the operator library.")));
    }

    /** The places of all outputs of an operator that some node asks for. */
    private static Set<Integer> wanted(List<NodeProto> nodes, String operator) {
        return nodes.stream().filter(node -> node.getOpType().equals(operator))
                .flatMap(node -> IntStream.range(0, node.getOutputCount()).filter(i -> !node.getOutput(i).isEmpty()).boxed())
                .collect(Collectors.toSet());
    }
}
