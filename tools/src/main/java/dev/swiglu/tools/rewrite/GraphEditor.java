package dev.swiglu.tools.rewrite;

import ai.onnx.proto.OnnxMl.FunctionProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.swiglu.tools.onnx.Attributes;
import dev.swiglu.tools.onnx.GraphIndex;
import dev.swiglu.tools.onnx.LocalFunction;
import dev.swiglu.tools.onnx.NodeRef;
import dev.swiglu.tools.rewrite.rule.Replacement;
import dev.swiglu.tools.rewrite.rule.Rewrite;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Carries out the rewrites of a plan, in a graph and in the bodies nested in it. All else keeps its place and its bytes. */
final class GraphEditor {
    /** By identity: two bodies may be equal, as the branches of an If, and still be two places. */
    private final Map<GraphProto, List<Rewrite>> rewrites = new IdentityHashMap<>();

    private GraphEditor(List<Rewrite> rewrites) {
        rewrites.forEach(rewrite -> this.rewrites
                .computeIfAbsent(rewrite.product().scope().graph(), graph -> new ArrayList<>()).add(rewrite));
    }

    static GraphProto apply(GraphProto graph, List<Rewrite> rewrites) {
        return new GraphEditor(rewrites).edit(graph);
    }

    /** The model's functions in their order, those rewritten that have sites in their bodies. */
    static List<FunctionProto> functions(GraphIndex index, List<Rewrite> rewrites) {
        Map<FunctionProto, LocalFunction> bodies = new IdentityHashMap<>();
        index.functions().forEach(function -> bodies.put(function.function(), function));
        return index.model().getFunctionsList().stream()
                .map(function -> bodies.containsKey(function) ? apply(bodies.get(function), rewrites) : function).toList();
    }

    private static FunctionProto apply(LocalFunction function, List<Rewrite> rewrites) {
        GraphProto body = function.body().graph();
        GraphProto edited = apply(body, rewrites);
        if (edited.equals(body)) {
            return function.function();
        }
        FunctionProto.Builder result = function.function().toBuilder().clearNode().addAllNode(edited.getNodeList())
                .clearValueInfo().addAllValueInfo(edited.getValueInfoList());
        if (!Rewriter.importsOperators(result.getOpsetImportList())) {
            result.addOpsetImport(Rewriter.operators()).addMetadataProps(Provenance.entry(Provenance.ADDED, Rewriter.OPSET));
        }
        return result.build();
    }

    private GraphProto edit(GraphProto graph) {
        Map<Integer, NodeProto> replacements = new HashMap<>();
        Set<Integer> removed = new HashSet<>();
        Set<Integer> undeclared = new HashSet<>();
        Map<String, Integer> declarations = new HashMap<>();
        for (int i = 0; i < graph.getValueInfoCount(); i++) {
            declarations.put(graph.getValueInfo(i).getName(), i);
        }
        for (Rewrite rewrite : rewrites.getOrDefault(graph, List.of())) {
            Provenance.Removed parts = parts(rewrite, graph, declarations);
            removed.addAll(parts.nodes().keySet());
            undeclared.addAll(parts.valueInfos().keySet());
            replacements.put(rewrite.product().position(), Provenance.annotate(rewrite.replacement(), rewrite.form(), parts));
        }
        GraphProto.Builder result = graph.toBuilder().clearNode().clearValueInfo();
        for (int i = 0; i < graph.getNodeCount(); i++) {
            if (replacements.containsKey(i)) {
                result.addNode(replacements.get(i));
            } else if (!removed.contains(i)) {
                result.addNode(Attributes.mapBodies(graph.getNode(i), this::edit));
            }
        }
        for (int i = 0; i < graph.getValueInfoCount(); i++) {
            if (!undeclared.contains(i)) {
                result.addValueInfo(graph.getValueInfo(i));
            }
        }
        return result.build();
    }

    private static Provenance.Removed parts(Rewrite rewrite, GraphProto graph, Map<String, Integer> declarations) {
        TreeMap<Integer, NodeProto> nodes = new TreeMap<>();
        TreeMap<Integer, ValueInfoProto> valueInfos = new TreeMap<>();
        for (NodeRef node : rewrite.removed()) {
            nodes.put(node.position(), node.node());
            if (node.equals(rewrite.product())) {
                continue;
            }
            for (String value : node.node().getOutputList()) {
                Integer position = declarations.get(value);
                if (position != null) {
                    valueInfos.put(position, graph.getValueInfo(position));
                }
            }
        }
        return new Provenance.Removed(nodes, valueInfos);
    }
}
