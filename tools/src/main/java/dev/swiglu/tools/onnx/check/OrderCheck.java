package dev.swiglu.tools.onnx.check;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import dev.swiglu.tools.onnx.NodeRef;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Each value is made before it is read, here or in an enclosing graph, so that no walk runs in circles or into the void. A
 * body sees what is made before its node, a function sees its own values alone.
 */
final class OrderCheck implements ModelCheck {

    @Override
    public void check(ModelProto model, Path file) {
        Part.roots(model).forEach(root -> check(root, null, file));
    }

    private static void check(Part part, Known outer, Path file) {
        Known known = new Known(outer, part);
        for (NodeProto node : part.nodes()) {
            known.reader = node;
            for (String input : node.getInputList()) {
                if (!input.isEmpty() && !known.contains(input)) {
                    throw Refusal.of(file, "the " + NodeRef.describe(node) + part.place() + " reads '" + input + "', "
                            + known.whyNot(input));
                }
            }
            part.bodies(node).forEach(body -> check(body, known, file));
            known.values.addAll(node.getOutputList());
        }
        for (String output : part.outputs()) {
            if (!known.contains(output)) {
                throw Refusal.of(file, "nothing makes the output '" + output + "'" + part.place());
            }
        }
    }

    /** The values that are made so far in a part, and in the ones around it. */
    private static final class Known {
        private final Known outer;
        private final Part part;
        private final Set<String> values;
        /** The node that reads, itself or in one of its bodies. */
        private NodeProto reader;

        Known(Known outer, Part part) {
            this.outer = outer;
            this.part = part;
            this.values = new HashSet<>(part.inputs());
            values.addAll(part.initializers());
        }

        boolean contains(String value) {
            return values.contains(value) || outer != null && outer.contains(value);
        }

        String whyNot(String value) {
            Map<String, NodeProto> makers = new HashMap<>();
            part.nodes().forEach(node -> node.getOutputList().forEach(output -> makers.put(output, node)));
            if (!makers.containsKey(value)) {
                return outer == null ? "which nothing makes" : outer.whyNot(value);
            }
            return dependsOnReader(value, makers) ? "which depends on that node's own output: the graph has a cycle"
                    : "which is made later; sort the nodes topologically first";
        }

        /** Whether {@code value} is made from what the reader makes. */
        private boolean dependsOnReader(String value, Map<String, NodeProto> makers) {
            Set<String> seen = new HashSet<>(Set.of(value));
            Deque<String> open = new ArrayDeque<>(seen);
            while (!open.isEmpty()) {
                NodeProto maker = makers.get(open.pop());
                if (maker == reader) {
                    return true;
                }
                if (maker != null) {
                    maker.getInputList().stream().filter(seen::add).forEach(open::push);
                }
            }
            return false;
        }
    }
}
