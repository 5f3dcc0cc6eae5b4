package dev.swiglu.tools.verify;

import ai.onnx.proto.OnnxMl.FunctionProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.swiglu.tools.onnx.Attributes;
import dev.swiglu.tools.onnx.ExternalData;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Models between two: the original, with some nodes of the rewritten model in the place of those that make the same values.
 * What such a node reads and the original lacks comes along; so does an inline weight that the rewritten model changed.
 */
final class Hybrid {
    private static final String DOMAIN = "dev.swiglu";
    private static final String CHANGED = "rewritten:";

    private final ModelProto original;
    private final ModelProto rewritten;
    private final Set<String> inOriginal = new HashSet<>();
    private final Map<String, TensorProto> originalWeights = new HashMap<>();
    private final Map<String, TensorProto> rewrittenWeights = new HashMap<>();
    private final Map<String, NodeProto> rewrittenProducers = new HashMap<>();

    Hybrid(ModelProto original, ModelProto rewritten) {
        this.original = original;
        this.rewritten = rewritten;
        original.getGraph().getInitializerList().forEach(weight -> originalWeights.put(weight.getName(), weight));
        rewritten.getGraph().getInitializerList().forEach(weight -> rewrittenWeights.put(weight.getName(), weight));
        rewritten.getGraph().getNodeList().forEach(node ->
                node.getOutputList().forEach(value -> rewrittenProducers.put(value, node)));
        inOriginal.addAll(originalWeights.keySet());
        original.getGraph().getInputList().stream().map(ValueInfoProto::getName).forEach(inOriginal::add);
        original.getGraph().getNodeList().forEach(node -> inOriginal.addAll(node.getOutputList()));
    }

    /** The nodes of the rewritten model's main graph that are sites, or bodies around sites, and that the original can take. */
    List<NodeProto> sites() {
        return rewritten.getGraph().getNodeList().stream().filter(Hybrid::holdsSite)
                .filter(node -> inOriginal.containsAll(node.getOutputList())).toList();
    }

    private static boolean holdsSite(NodeProto node) {
        return node.getDomain().equals(DOMAIN)
                || bodies(node).flatMap(body -> body.getNodeList().stream()).anyMatch(Hybrid::holdsSite);
    }

    ModelProto with(Collection<NodeProto> sites) {
        Map<String, NodeProto> makers = new HashMap<>();
        sites.forEach(site -> site.getOutputList().forEach(value -> makers.put(value, site)));
        GraphProto.Builder graph = original.getGraph().toBuilder().clearNode();
        Set<String> present = new HashSet<>(inOriginal);
        Set<NodeProto> placed = new HashSet<>();
        for (NodeProto node : original.getGraph().getNodeList()) {
            NodeProto site = node.getOutputList().stream().filter(makers::containsKey).map(makers::get).findFirst().orElse(null);
            if (site == null) {
                graph.addNode(node);
            } else if (placed.add(site)) {
                place(site, graph, present);
            }
        }
        return withFunctions(original.toBuilder().setGraph(graph));
    }

    private void place(NodeProto node, GraphProto.Builder graph, Set<String> present) {
        NodeProto.Builder copy = node.toBuilder();
        for (int i = 0; i < node.getInputCount(); i++) {
            String value = node.getInput(i);
            if (isChangedWeight(value)) {
                copy.setInput(i, CHANGED + value);
                if (present.add(CHANGED + value)) {
                    graph.addInitializer(rewrittenWeights.get(value).toBuilder().setName(CHANGED + value));
                }
            }
        }
        for (String value : reads(node)) {
            if (present.contains(value)) {
                continue;
            }
            if (rewrittenWeights.containsKey(value)) {
                graph.addInitializer(rewrittenWeights.get(value));
                present.add(value);
            } else if (rewrittenProducers.containsKey(value)) {
                place(rewrittenProducers.get(value), graph, present);
            }
        }
        graph.addNode(copy);
        present.addAll(node.getOutputList());
    }

    /** Data outside of the model are never changed by a rewrite. */
    private boolean isChangedWeight(String value) {
        TensorProto before = originalWeights.get(value);
        TensorProto after = rewrittenWeights.get(value);
        return before != null && after != null && !ExternalData.isExternal(after) && !before.equals(after);
    }

    /** What a node reads, in its bodies, too. */
    private static Set<String> reads(NodeProto node) {
        Set<String> reads = new LinkedHashSet<>(node.getInputList());
        for (GraphProto body : bodies(node).toList()) {
            body.getNodeList().forEach(inner -> reads.addAll(reads(inner)));
            body.getOutputList().forEach(output -> reads.add(output.getName()));
            body.getNodeList().forEach(inner -> reads.removeAll(inner.getOutputList()));
            body.getInputList().forEach(input -> reads.remove(input.getName()));
            body.getInitializerList().forEach(weight -> reads.remove(weight.getName()));
        }
        reads.remove("");
        return reads;
    }

    private static Stream<GraphProto> bodies(NodeProto node) {
        return node.getAttributeList().stream().flatMap(attribute -> Attributes.bodies(attribute).stream());
    }

    private ModelProto withFunctions(ModelProto.Builder model) {
        Map<List<String>, FunctionProto> functions = new LinkedHashMap<>();
        rewritten.getFunctionsList().forEach(function -> functions.put(List.of(function.getDomain(), function.getName()), function));
        original.getFunctionsList().forEach(function -> functions.remove(List.of(function.getDomain(), function.getName())));
        Set<String> domains = new HashSet<>();
        original.getOpsetImportList().forEach(opset -> domains.add(opset.getDomain()));
        for (OperatorSetIdProto opset : rewritten.getOpsetImportList()) {
            if (domains.add(opset.getDomain())) {
                model.addOpsetImport(opset);
            }
        }
        return model.addAllFunctions(functions.values()).build();
    }
}
