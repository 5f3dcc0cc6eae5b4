package dev.swiglu.tools.verify.inputs;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.swiglu.TensorType;
import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.ToolException;
import dev.swiglu.tools.onnx.ElementType;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** The inputs that a caller has to give: the graph's, without those that an initializer already fills. */
public final class GraphInputs {

    private GraphInputs() {}

    public static List<ValueInfoProto> required(GraphProto graph) {
        Set<String> filled = graph.getInitializerList().stream().map(TensorProto::getName).collect(Collectors.toSet());
        return graph.getInputList().stream().filter(input -> !filled.contains(input.getName())).toList();
    }

    /** Name, type and what of the shape is fixed. */
    public static String description(ValueInfoProto input) {
        return input.getName() + " " + ElementType.of(input.getType().getTensorType().getElemType()).label()
                + input.getType().getTensorType().getShape().getDimList().stream()
                        .map(dimension -> dimension.hasDimValue() ? dimension.getDimValue() : "?").toList();
    }

    static TensorType type(ValueInfoProto input) {
        ElementType type = ElementType.of(input.getType().getTensorType().getElemType());
        try {
            return TensorType.valueOf(type.name());
        } catch (IllegalArgumentException unknown) {
            throw new ToolException(ExitCode.USAGE, "Input '" + input.getName() + "' holds " + type.label()
                    + ", for which no values can be made or read.");
        }
    }
}
