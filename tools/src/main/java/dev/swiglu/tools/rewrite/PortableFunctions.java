package dev.swiglu.tools.rewrite;

import ai.onnx.proto.OnnxMl.FunctionProto;
import ai.onnx.proto.OnnxMl.ModelProto;
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
    private PortableFunctions() {
    }

    /** The functions that the model already has, by their operators. */
    static Map<String, FunctionProto> carriedBy(ModelProto model) {
        return model.getFunctionsList().stream().filter(function -> function.getDomain().equals(Replacement.DOMAIN))
                .collect(Collectors.toMap(FunctionProto::getName, function -> function, (first, second) -> first));
    }

    /** The body that most sites need. */
    static FunctionProto mostUsed(Collection<Rewrite> rewrites) {
        Map<FunctionProto, Integer> uses = new LinkedHashMap<>();
        rewrites.forEach(rewrite -> uses.merge(rewrite.function(), 1, Integer::sum));
        int most = uses.values().stream().mapToInt(Integer::intValue).max().orElseThrow();
        return uses.keySet().stream().filter(function -> uses.get(function) == most).findFirst().orElseThrow();
    }

    static String conflict(FunctionProto needed, FunctionProto shared) {
        return "The model's portable " + shared.getName() + " computes " + shared.getDocString()
                + ", and a model can carry only one; this site needs " + needed.getDocString() + ".";
    }

    /** Those of the functions that {@code model} lacks. */
    static List<FunctionProto> missing(ModelProto model, Collection<Rewrite> rewrites) {
        return rewrites.stream().map(Rewrite::function).distinct()
                .filter(function -> !model.getFunctionsList().contains(function)).toList();
    }
}
