package dev.swiglu.tools.verify;

import dev.swiglu.Device;
import dev.swiglu.ModelException;
import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.ToolException;
import dev.swiglu.tools.onnx.ElementType;
import dev.swiglu.tools.onnx.GraphIndex;
import dev.swiglu.tools.onnx.ModelFile;
import dev.swiglu.tools.onnx.NodeRef;
import dev.swiglu.tools.onnx.ValueTypes;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Why there is nothing to compare with. Mostly ONNX Runtime has no kernel for a node's type on this device, as for
 * bfloat16 on the CPU: the model may be sound, but nothing about it was verified.
 */
final class OriginalDoesNotRun {

    private static final Pattern NO_KERNEL =
            Pattern.compile("Could not find an implementation for (\\w+)\\(\\d+\\) node with name '([^']*)'");

    private OriginalDoesNotRun() {}

    static ToolException explain(ModelFile model, Device device, ModelException failed) {
        Matcher noKernel = NO_KERNEL.matcher(failed.getMessage());
        if (!noKernel.find()) {
            return new ToolException(ExitCode.REFUSED, "Nothing was verified: ONNX Runtime cannot run " + model.path()
                    + ": " + RuntimeReason.of(failed) + ".", failed);
        }
        String advice = device instanceof Device.Cpu ? " Use --device cuda on a machine with a GPU." : "";
        return new ToolException(ExitCode.UNAVAILABLE, "Nothing was verified: ONNX Runtime has no "
                + type(model, noKernel.group(2)).map(type -> type.label() + " ").orElse("") + "kernel for "
                + noKernel.group(1) + " on " + device + ", which node '" + noKernel.group(2) + "' of " + model.path()
                + " needs." + advice, failed);
    }

    /** The type that the node computes in, or, where nothing is declared, the one that the model's weights have. */
    private static Optional<ElementType> type(ModelFile model, String nodeName) {
        GraphIndex index = GraphIndex.of(model.proto(), model.path());
        ValueTypes types = ValueTypes.of(index);
        Stream<NodeRef> nodes = index.scopes().stream()
                .flatMap(scope -> IntStream.range(0, scope.graph().getNodeCount()).mapToObj(scope::node))
                .filter(node -> node.node().getName().equals(nodeName));
        Stream<ElementType> ofNode = nodes.flatMap(node -> Stream.concat(
                        node.node().getInputList().stream(), node.node().getOutputList().stream())
                .map(value -> types.of(node.scope(), value).element()));
        Stream<ElementType> ofWeights = model.proto().getGraph().getInitializerList().stream()
                .map(tensor -> ElementType.of(tensor.getDataType()));
        return Stream.concat(ofNode, ofWeights).filter(ElementType::isComputable).findFirst();
    }
}
