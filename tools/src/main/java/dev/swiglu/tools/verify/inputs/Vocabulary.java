package dev.swiglu.tools.verify.inputs;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
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

    public static OptionalLong known(GraphProto graph, String input) {
        Map<String, TensorProto> tables = new HashMap<>();
        graph.getInitializerList().forEach(tensor -> tables.put(tensor.getName(), tensor));
        Set<String> ids = new HashSet<>(Set.of(input));
        for (NodeProto node : graph.getNodeList()) {
            if (LOOKUPS.contains(node.getOpType()) && ids.contains(node.getInput(1)) && tables.containsKey(node.getInput(0))) {
                return OptionalLong.of(tables.get(node.getInput(0)).getDims(0));
            }
            if (SAME_IDS.contains(node.getOpType()) && ids.contains(node.getInput(0))) {
                ids.addAll(node.getOutputList());
            }
        }
        return OptionalLong.empty();
    }
}
