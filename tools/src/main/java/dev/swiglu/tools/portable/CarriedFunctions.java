package dev.swiglu.tools.portable;

import ai.onnx.proto.OnnxMl.FunctionProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import dev.swiglu.tools.onnx.ElementType;
import dev.swiglu.tools.rewrite.rule.Replacement;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * The model-local functions that let a gradient graph run without the library. A model has one function of a name, with one body,
 * so all nodes of an operator must need the same one; where they do not, the model carries none of it and needs the library.
 */
public final class CarriedFunctions {
    private CarriedFunctions() {
    }

    /**
     * The function that computes what {@code node} does.
     *
     * @param element the type of its inputs
     */
    public static FunctionProto of(NodeProto node, ElementType element, long opset) {
        return OperatorBody.of(node, input -> element, opset);
    }

    /**
     * Puts a function into {@code model} for each dev.swiglu operator among {@code nodes}, in place of what it had.
     *
     * @param notes receives sentences for people
     */
    public static void put(ModelProto.Builder model, List<NodeProto> nodes, Function<String, ElementType> elements, long opset,
            List<String> notes) {
        Map<String, FunctionProto> functions = new LinkedHashMap<>();
        for (NodeProto node : nodes) {
            if (!node.getDomain().equals(Replacement.DOMAIN)) {
                continue;
            }
            String operator = node.getOpType();
            FunctionProto needed = OperatorBody.of(node, elements, opset);
            FunctionProto other = functions.putIfAbsent(operator, needed);
            if (other != null && !other.equals(needed)) {
                functions.put(operator, FunctionProto.getDefaultInstance());
            }
        }
        List<FunctionProto> kept = model.getFunctionsList().stream()
                .filter(own -> !own.getDomain().equals(Replacement.DOMAIN) || !functions.containsKey(own.getName())).toList();
        model.clearFunctions().addAllFunctions(kept);
        functions.forEach((operator, function) -> {
            if (function.getName().isEmpty()) {
                notes.add("The nodes of " + operator + " differ in form, and a model can carry one function of a name:"
                        + " this one needs the operator library.");
            } else {
                model.addFunctions(function);
            }
        });
    }
}
