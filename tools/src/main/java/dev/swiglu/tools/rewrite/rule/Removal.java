package dev.swiglu.tools.rewrite.rule;

import dev.swiglu.tools.onnx.NodeRef;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Which nodes may go: those whose results nobody reads but other nodes that go. */
final class Removal {
    private Removal() {
    }

    /**
     * Why some of {@code nodes} must stay.
     *
     * @param product the node whose output the replacement makes, so that its readers are of no concern
     */
    static Optional<String> obstacle(Collection<NodeRef> nodes, NodeRef product) {
        Set<NodeRef> going = new HashSet<>(nodes);
        going.add(product);
        return nodes.stream().filter(node -> !node.equals(product))
                .flatMap(node -> node.node().getOutputList().stream().map(value -> reader(node, value, going)))
                .flatMap(Optional::stream).findFirst();
    }

    /** The nodes, and those of {@code feeders} that feed nothing else. */
    static Set<NodeRef> withFeeders(Set<NodeRef> nodes, List<NodeRef> feeders) {
        Set<NodeRef> going = new HashSet<>(nodes);
        while (feeders.stream().anyMatch(feeder -> reader(feeder, feeder.output(0), going).isEmpty() && going.add(feeder))) {
            // one that goes may have been the last to read another
        }
        return going;
    }

    private static Optional<String> reader(NodeRef node, String value, Set<NodeRef> going) {
        if (node.scope().isOutput(value)) {
            return Optional.of("'" + value + "', made by " + node.describe() + ", is an output of the graph.");
        }
        return node.scope().consumers(value).stream().filter(consumer -> !going.contains(consumer)).findFirst()
                .map(consumer -> "'" + value + "', made by " + node.describe() + ", is also read by " + consumer.describe()
                        + (consumer.scope() == node.scope() ? "." : " in the body " + consumer.scope().path() + "."));
    }
}
