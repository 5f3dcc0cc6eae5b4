package dev.swiglu.tools.gradient;

import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.swiglu.ModelSession;
import dev.swiglu.Tensor;
import dev.swiglu.tools.CommandRun;
import dev.swiglu.tools.onnx.ModelFile;
import dev.swiglu.tools.verify.Exports;
import dev.swiglu.tools.verify.exact.WidenedModel;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An exported LLaMA, attention, rotary embedding and all, rewritten, then differentiated by each of its weights. */
class WholeModelTest {
    private static final float STEP = 0x1p-17f;
    private static final double BOUND = 1e-5;

    @TempDir
    private Path folder;

    @Test
    void everyWeightsGradientIsTheSlope() {
        Path fused = folder.resolve("fused.onnx");
        CommandRun.of("rewrite", Exports.path(Exports.LLAMA), fused).succeeded();
        Path gradient = folder.resolve("gradient.onnx");
        CommandRun.of("gradient", fused, gradient, "--of", "logits", "--weights", "inputs").succeeded();
        ModelProto model = ModelFile.read(gradient).proto();

        Map<String, Tensor> inputs = weights(model);
        List<String> weights = List.copyOf(inputs.keySet());
        inputs.put("input_ids", Tensor.int64(new long[] {1, 5, 9, 2}, 1, 4));
        inputs.put("attention_mask", Tensor.int64(new long[] {1, 1, 1, 1}, 1, 4));
        inputs.put("grad_logits", gaussian(1, 4, 256));
        try (ModelSession twin = ModelSession.builder(
                ByteBuffer.wrap(WidenedModel.of(model).model().toByteArray()), folder).open()) {
            Map<String, Tensor> outputs = twin.run(WidenedModel.inputs(inputs)).asMap();
            assertTrue(weights.size() > 15);
            for (String weight : weights) {
                Tensor above = moved(inputs.get(weight), STEP);
                Tensor below = moved(inputs.get(weight), -STEP);
                double slope = weighed(twin, inputs, weight, above) - weighed(twin, inputs, weight, below);
                double expected = dot(outputs.get("grad:" + weight), above) - dot(outputs.get("grad:" + weight), below);
                assertTrue(Math.abs(slope - expected) <= BOUND * Math.abs(expected), weight + " " + slope + " " + expected);
            }
        }
    }

    private Map<String, Tensor> weights(ModelProto model) {
        ModelProto initialization = model.toBuilder().setGraph(model.getTrainingInfo(0).getInitialization())
                .clearTrainingInfo().clearFunctions().build();
        try (ModelSession session = ModelSession.builder(ByteBuffer.wrap(initialization.toByteArray()), folder)
                .withoutOperators().open()) {
            return new LinkedHashMap<>(session.run(Map.of()).asMap());
        }
    }

    /** The weight a step away, in the same direction each time, as float32 has it: the true difference is what counts. */
    private static Tensor moved(Tensor weight, float step) {
        Random direction = new Random(5);
        float[] values = weight.floats();
        for (int i = 0; i < values.length; i++) {
            values[i] += step * (float) direction.nextGaussian();
        }
        return Tensor.float32(values, weight.shape());
    }

    private static double weighed(ModelSession twin, Map<String, Tensor> inputs, String weight, Tensor value) {
        Map<String, Tensor> changed = new LinkedHashMap<>(inputs);
        changed.put(weight, value);
        return dot(inputs.get("grad_logits"), twin.run(WidenedModel.inputs(changed)).get("logits"));
    }

    private static Tensor gaussian(long... shape) {
        Random random = new Random(3);
        float[] values = new float[(int) Arrays.stream(shape).reduce(1, (a, b) -> a * b)];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return Tensor.float32(values, shape);
    }

    private static double dot(Tensor a, Tensor b) {
        double[] left = a.doubles();
        double[] right = b.doubles();
        double sum = 0;
        for (int i = 0; i < left.length; i++) {
            sum += left[i] * right[i];
        }
        return sum;
    }
}
