package dev.swiglu.tools.onnx.check;

import ai.onnx.proto.OnnxMl.FunctionProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import dev.swiglu.tools.onnx.Attributes;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The model's functions are unique, none calls itself, and written out they make a graph of bounded size: ten functions
 * that call the next one ten times are ten billion nodes to a runtime that inlines them.
 */
final class FunctionCheck implements ModelCheck {
    private static final long MOST_NODES = 10_000_000;
    private static final int DEEPEST = 100;

    @Override
    public void check(ModelProto model, Path file) {
        Map<String, FunctionProto> functions = new HashMap<>();
        for (FunctionProto function : model.getFunctionsList()) {
            if (function.getName().isEmpty()) {
                throw Refusal.of(file, "one of its functions has no name");
            }
            if (functions.put(key(function.getDomain(), function.getName(), function.getOverload()), function) != null) {
                throw Refusal.of(file, "function '" + function.getName() + "' is there twice");
            }
        }
        if (functions.isEmpty()) {
            return;
        }
        Walk walk = new Walk(functions, file, new HashMap<>(), new LinkedHashSet<>());
        functions.keySet().forEach(walk::size);
        if (walk.size(model.getGraph().getNodeList()) > MOST_NODES) {
            throw Refusal.of(file, "its functions, written out, would make more than " + MOST_NODES + " nodes");
        }
    }

    private static String key(String domain, String name, String overload) {
        return (domain.equals("ai.onnx") ? "" : domain) + "::" + name + "::" + overload;
    }

    /**
     * @param sizes how many nodes a function is when it is written out
     * @param open the functions that called each other to where the walk stands
     */
    private record Walk(Map<String, FunctionProto> functions, Path file, Map<String, Long> sizes, Set<String> open) {

        long size(List<NodeProto> nodes) {
            long size = 0;
            for (NodeProto node : nodes) {
                String called = key(node.getDomain(), node.getOpType(), node.getOverload());
                size += functions.containsKey(called) ? size(called) : 1;
                size += node.getAttributeList().stream().flatMap(attribute -> Attributes.bodies(attribute).stream())
                        .mapToLong(body -> size(body.getNodeList())).sum();
                size = Math.min(size, MOST_NODES + 1);
            }
            return size;
        }

        long size(String function) {
            Long known = sizes.get(function);
            if (known != null) {
                return known;
            }
            String name = functions.get(function).getName();
            if (!open.add(function)) {
                throw Refusal.of(file, "function '" + name + "' calls itself");
            }
            if (open.size() > DEEPEST) {
                throw Refusal.of(file, "functions call each other more than " + DEEPEST + " levels deep, down to '" + name + "'");
            }
            long size = size(functions.get(function).getNodeList());
            open.remove(function);
            sizes.put(function, size);
            return size;
        }
    }
}
