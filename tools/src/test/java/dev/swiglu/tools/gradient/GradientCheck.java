package dev.swiglu.tools.gradient;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.swiglu.ModelSession;
import dev.swiglu.SessionBuilder;
import dev.swiglu.Tensor;
import dev.swiglu.tools.CommandRun;
import dev.swiglu.tools.onnx.ElementType;
import dev.swiglu.tools.onnx.TensorData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;

/**
 * Runs {@code gradient} on a float64 model as the command line does and holds each gradient against central differences of the
 * forward output that the same graph computes.
 */
final class GradientCheck {
    private static final double STEP = 1e-6;
    private static final double BOUND = 1e-7;
    private static final long DYNAMIC_SIZE = 3;

    private final ModelProto forward;
    private final Path folder;
    private final Random random = new Random(11);
    private final Map<String, Tensor> values = new LinkedHashMap<>();

    /** @param classes labels are drawn below this */
    GradientCheck(ModelProto forward, Path folder, int classes) {
        this.forward = forward;
        this.folder = folder;
        for (ValueInfoProto input : forward.getGraph().getInputList()) {
            values.put(input.getName(), drawn(input, classes));
        }
        for (TensorProto weight : forward.getGraph().getInitializerList()) {
            if (weight.getDataType() == ElementType.FLOAT64.onnxNumber()) {
                values.put(weight.getName(), Tensor.float64(TensorData.of(weight, null).doubles(),
                        weight.getDimsList().stream().mapToLong(Long::longValue).toArray()));
            }
        }
    }

    /** @param kernels whether our library computes, or the functions that the model carries */
    void run(boolean kernels, String... options) throws IOException {
        Path model = gradient(options);
        SessionBuilder builder = ModelSession.builder(model);
        try (ModelSession session = (kernels ? builder : builder.withoutOperators()).open()) {
            List<String> fed = session.inputs().stream().map(input -> input.name()).toList();
            Map<String, Tensor> inputs = new LinkedHashMap<>(values);
            inputs.keySet().retainAll(fed);
            String of = session.outputs().get(0).name();
            if (fed.contains("grad_" + of)) {
                inputs.put("grad_" + of, gaussian(sized(session.outputs().get(0).shape())));
            }
            List<String> gradients = session.outputs().stream().map(output -> output.name())
                    .filter(name -> name.startsWith("grad:")).toList();
            assertTrue(!gradients.isEmpty(), "no gradients");
            Map<String, Tensor> outputs = session.run(inputs).asMap();
            for (String gradient : gradients) {
                check(session, inputs, of, gradient.substring("grad:".length()), outputs.get(gradient));
            }
        }
    }

    private Path gradient(String... options) throws IOException {
        Path model = Files.write(folder.resolve("forward.onnx"), forward.toByteArray());
        Path result = folder.resolve("gradient.onnx");
        CommandRun.of(Stream.of("gradient", model, result, "--force", "--weights", "inputs"), (Object[]) options).succeeded();
        return result;
    }

    private static long[] sized(List<Long> shape) {
        return shape.stream().mapToLong(size -> size < 0 ? DYNAMIC_SIZE : size).toArray();
    }

    private void check(ModelSession session, Map<String, Tensor> inputs, String of, String name, Tensor gradient) {
        Tensor value = inputs.get(name);
        double[] numeric = new double[value.size()];
        for (int i = 0; i < numeric.length; i++) {
            numeric[i] = (at(session, inputs, of, name, i, STEP) - at(session, inputs, of, name, i, -STEP)) / (2 * STEP);
        }
        double[] analytic = gradient.doubles();
        assertArrayEquals(value.shape(), gradient.shape(), "shape of the gradient by " + name);
        double difference = 0;
        double norm = 0;
        for (int i = 0; i < numeric.length; i++) {
            difference += (analytic[i] - numeric[i]) * (analytic[i] - numeric[i]);
            norm += numeric[i] * numeric[i];
        }
        assertTrue(norm > 0, "the gradient by " + name + " is 0");
        double error = Math.sqrt(difference / norm);
        assertTrue(error <= BOUND, "gradient by " + name + ": error " + error);
    }

    /** The weighted sum of the output where one element of an input is moved. */
    private static double at(ModelSession session, Map<String, Tensor> inputs, String of, String name, int element, double by) {
        double[] moved = inputs.get(name).doubles();
        moved[element] += by;
        Map<String, Tensor> changed = new LinkedHashMap<>(inputs);
        changed.put(name, Tensor.float64(moved, inputs.get(name).shape()));
        double[] result = session.run(changed).get(of).doubles();
        Tensor weights = inputs.get("grad_" + of);
        double sum = 0;
        for (int i = 0; i < result.length; i++) {
            sum += result[i] * (weights == null ? 1 : weights.doubles()[i]);
        }
        return sum;
    }

    private Tensor drawn(ValueInfoProto input, int classes) {
        long[] shape = input.getType().getTensorType().getShape().getDimList().stream()
                .mapToLong(size -> size.hasDimValue() ? size.getDimValue() : DYNAMIC_SIZE).toArray();
        if (input.getType().getTensorType().getElemType() == ElementType.FLOAT64.onnxNumber()) {
            return gaussian(shape);
        }
        long[] labels = new long[count(shape)];
        for (int i = 0; i < labels.length; i++) {
            labels[i] = random.nextInt(classes);
        }
        return Tensor.int64(labels, shape);
    }

    private Tensor gaussian(long... shape) {
        return Tensor.float64(random.doubles(count(shape), -1.5, 1.5).toArray(), shape);
    }

    private static int count(long... shape) {
        int count = 1;
        for (long size : shape) {
            count *= Math.toIntExact(size);
        }
        return count;
    }
}
