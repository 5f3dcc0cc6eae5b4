package dev.swiglu.tools.verify.inputs;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import dev.swiglu.tools.onnx.Attributes;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;

/** How many different ids an input may hold: the rows of the table that it indexes. */
public final class Vocabulary {

    private static final long UNKNOWN = 8;
    private static final Set<String> LOOKUPS = Set.of("Gather", "GatherBlockQuantized");
    private static final Set<String> SAME_IDS = Set.of("Identity", "Cast", "Reshape", "Flatten", "Squeeze", "Unsqueeze");

    private Vocabulary() {}

    static long size(GraphProto graph, String input) {
        return known(graph, input).orElse(UNKNOWN);
    }

    /** Empty where no table is found. A merged decoder has its lookup in the branches of an If. */
    public static OptionalLong known(GraphProto graph, String input) {
        return known(graph, Map.of(), Set.of(input));
    }

    private static OptionalLong known(GraphProto graph, Map<String, TensorProto> outerTables, Set<String> outerIds) {
        Map<String, TensorProto> tables = new HashMap<>(outerTables);
        graph.getInitializerList().forEach(tensor -> tables.put(tensor.getName(), tensor));
        Set<String> ids = new HashSet<>(outerIds);
        for (NodeProto node : graph.getNodeList()) {
            if (LOOKUPS.contains(node.getOpType()) && ids.contains(node.getInput(1)) && tables.containsKey(node.getInput(0))) {
                return OptionalLong.of(tables.get(node.getInput(0)).getDims(0));
            }
            if (SAME_IDS.contains(node.getOpType()) && ids.contains(node.getInput(0))) {
                ids.addAll(node.getOutputList());
            }
            OptionalLong inside = node.getAttributeList().stream().flatMap(attribute -> Attributes.bodies(attribute).stream())
                    .map(body -> known(body, tables, ids)).filter(OptionalLong::isPresent).findFirst().orElse(OptionalLong.empty());
            if (inside.isPresent()) {
                return inside;
            }
        }
        return OptionalLong.empty();
    }
}
