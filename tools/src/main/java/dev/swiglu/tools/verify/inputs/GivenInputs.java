package dev.swiglu.tools.verify.inputs;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.swiglu.Tensor;
import dev.swiglu.TensorType;
import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.ToolException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** One sample from a person's .npz file: exactly the graph's inputs, in the types that the graph declares. */
public final class GivenInputs {

    private GivenInputs() {}

    public static Sample read(Path file, GraphProto graph) {
        Map<String, Tensor> arrays = NumpyArchive.read(file);
        List<ValueInfoProto> required = GraphInputs.required(graph);
        List<String> names = required.stream().map(ValueInfoProto::getName).toList();
        if (!arrays.keySet().equals(Set.copyOf(names))) {
            throw new ToolException(ExitCode.USAGE,
                    file + " holds the arrays " + arrays.keySet() + ", and the model takes " + names + ".");
        }
        Map<String, Tensor> inputs = new LinkedHashMap<>();
        required.forEach(input -> inputs.put(input.getName(), typed(input, arrays.get(input.getName()))));
        return new Sample(file.getFileName().toString(), inputs);
    }

    /** NumPy has no bfloat16 and people save what is at hand; a change within reals or within integers is harmless. */
    private static Tensor typed(ValueInfoProto input, Tensor given) {
        TensorType type = GraphInputs.type(input);
        if (given.type() == type) {
            return given;
        }
        if (given.type().isFloatingPoint() != type.isFloatingPoint()) {
            throw new ToolException(ExitCode.USAGE, "Input '" + input.getName() + "' takes " + type + ", and the file holds "
                    + given.type() + ".");
        }
        return type.isFloatingPoint()
                ? TypedTensors.real(type, given.doubles(), given.shape())
                : TypedTensors.integer(type, given.longs(), given.shape());
    }
}
