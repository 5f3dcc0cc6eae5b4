package dev.swiglu.tools.rewrite;

import ai.onnx.proto.OnnxMl.FunctionProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import dev.swiglu.tools.onnx.Scope;
import dev.swiglu.tools.rewrite.pattern.ModelView;
import dev.swiglu.tools.rewrite.rule.PortableFunction;
import dev.swiglu.tools.rewrite.rule.Replacement;
import dev.swiglu.tools.rewrite.rule.Rewrite;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The model-local functions that let a rewritten model run without the library. A model has one function of a name, with
 * one body, so all sites of an operator must agree on it: activation, bias and layout. ONNX IR 10 has overloads for this,
 * but ONNX Runtime ignored them up to and including 1.26 and takes the last body for every site.
 */
final class PortableFunctions {
    /** Of nodes that no function stands for: they differ, or their type is not known. */
    private static final FunctionProto NONE = FunctionProto.newBuilder().setDocString("what its own nodes need the library for")
            .build();

    private PortableFunctions() {
    }

    /**
     * The functions that are settled before anything is rewritten, by their operators: those that the model has, and those that
     * nodes of ours which it has would need, wherever they stand, because a function of that name becomes theirs.
     */
    static Map<String, FunctionProto> settledBy(ModelView view) {
        Map<String, FunctionProto> settled = view.index().model().getFunctionsList().stream()
                .filter(function -> function.getDomain().equals(Replacement.DOMAIN))
                .collect(Collectors.toMap(FunctionProto::getName, function -> function, (first, second) -> first));
        Map<String, FunctionProto> needed = new LinkedHashMap<>();
        for (Scope scope : view.index().scopes()) {
            scope.graph().getNodeList().stream().filter(node -> node.getDomain().equals(Replacement.DOMAIN))
                    .forEach(node -> needed.merge(node.getOpType(), PortableFunction.of(node,
                            value -> view.types().of(scope, value).element(), view.index().opset("")).orElse(NONE),
                            (one, other) -> one.equals(other) ? one : NONE));
        }
        needed.forEach(settled::putIfAbsent);
        return settled;
    }

    /** The body that most sites need. */
    static FunctionProto mostUsed(Collection<Rewrite> rewrites) {
        Map<FunctionProto, Integer> uses = new LinkedHashMap<>();
        rewrites.forEach(rewrite -> uses.merge(rewrite.function(), 1, Integer::sum));
        int most = uses.values().stream().mapToInt(Integer::intValue).max().orElseThrow();
        return uses.keySet().stream().filter(function -> uses.get(function) == most).findFirst().orElseThrow();
    }

    static String conflict(FunctionProto needed, FunctionProto shared) {
        return "The model's portable " + needed.getName() + " computes " + shared.getDocString()
                + ", and a model can carry only one; this site needs " + needed.getDocString() + ".";
    }

    /** Those of the functions that {@code model} lacks. */
    static List<FunctionProto> missing(ModelProto model, Collection<Rewrite> rewrites) {
        return rewrites.stream().map(Rewrite::function).distinct()
                .filter(function -> !model.getFunctionsList().contains(function)).toList();
    }
}
