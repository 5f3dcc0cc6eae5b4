package dev.swiglu.tools.onnx.check;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import dev.swiglu.tools.onnx.NodeRef;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Each value that is read is made, here or in an enclosing graph, and none depends on itself, so that no walk runs into the
 * void or in circles. What the bodies of a node read counts as read by the node; a function sees its own values alone. The
 * order of the nodes is no matter here.
 */
final class FlowCheck implements ModelCheck {

    @Override
    public void check(ModelProto model, Path file) {
        Part.roots(model).forEach(root -> check(root, null, file));
    }

    /** Answers what the part reads of those around it. */
    private static Set<String> check(Part part, Known outer, Path file) {
        Known known = new Known(outer, part);
        Set<String> captured = new HashSet<>();
        List<Set<String>> reads = new ArrayList<>();
        for (NodeProto node : part.nodes()) {
            Set<String> values = new LinkedHashSet<>(node.getInputList());
            values.remove("");
            for (String value : values) {
                if (!known.contains(value)) {
                    throw Refusal.of(file, "the " + NodeRef.describe(node) + part.place() + " reads '" + value + "', which nothing makes");
                }
            }
            part.bodies(node).forEach(body -> values.addAll(check(body, known, file)));
            reads.add(values);
            values.stream().filter(value -> !known.values.contains(value)).forEach(captured::add);
        }
        for (String output : part.outputs()) {
            if (!known.contains(output)) {
                throw Refusal.of(file, "nothing makes the output '" + output + "'" + part.place());
            }
            if (!known.values.contains(output)) {
                captured.add(output);
            }
        }
        requireNoCycle(part, reads, file);
        return captured;
    }

    /**
     * Takes away nodes whose inputs are all there, until none is left, or only nodes that wait for each other.
     *
     * @param reads what each node of the part reads
     */
    private static void requireNoCycle(Part part, List<Set<String>> reads, Path file) {
        List<NodeProto> nodes = part.nodes();
        Set<String> made = new HashSet<>();
        nodes.forEach(node -> made.addAll(node.getOutputList()));
        Map<String, List<Integer>> readers = new HashMap<>();
        int[] awaited = new int[nodes.size()];
        Deque<Integer> ready = new ArrayDeque<>();
        for (int i = 0; i < nodes.size(); i++) {
            for (String value : reads.get(i)) {
                if (made.contains(value)) {
                    readers.computeIfAbsent(value, name -> new ArrayList<>()).add(i);
                    awaited[i]++;
                }
            }
            if (awaited[i] == 0) {
                ready.add(i);
            }
        }
        while (!ready.isEmpty()) {
            for (String value : nodes.get(ready.pop()).getOutputList()) {
                for (int reader : readers.getOrDefault(value, List.of())) {
                    if (--awaited[reader] == 0) {
                        ready.add(reader);
                    }
                }
            }
        }
        for (int i = 0; i < nodes.size(); i++) {
            if (awaited[i] > 0) {
                throw Refusal.of(file, "the " + NodeRef.describe(nodes.get(i)) + part.place() + " waits for a result that waits"
                        + " for itself: the graph has a cycle");
            }
        }
    }

    /** The values of a part, and of the ones around it. */
    private static final class Known {
        private final Known outer;
        private final Set<String> values;

        Known(Known outer, Part part) {
            this.outer = outer;
            this.values = new HashSet<>(part.inputs());
            values.addAll(part.initializers());
            part.nodes().forEach(node -> values.addAll(node.getOutputList()));
        }

        boolean contains(String value) {
            return values.contains(value) || outer != null && outer.contains(value);
        }
    }
}
