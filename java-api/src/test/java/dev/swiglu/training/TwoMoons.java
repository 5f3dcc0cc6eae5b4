package dev.swiglu.training;

import static dev.swiglu.TensorType.BOOL;
import static dev.swiglu.TensorType.FLOAT16;
import static dev.swiglu.TensorType.FLOAT32;

import dev.swiglu.OnnxModel;
import dev.swiglu.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/**
 * Two interleaved half moons, and a training model that learns to tell them apart: a SwiGLU layer, one logit, binary cross
 * entropy, gradient descent with momentum. It is written by hand, gradient and all, as {@code tools/swiglu gradient} would.
 */
final class TwoMoons {
    static final int BATCH = 64;
    private static final int HIDDEN = 16;
    private static final Map<String, long[]> WEIGHTS = new TreeMap<>(Map.of("w_gate", new long[] {2, HIDDEN},
            "w_up", new long[] {2, HIDDEN}, "b_gate", new long[] {HIDDEN}, "b_up", new long[] {HIDDEN},
            "w_out", new long[] {HIDDEN, 1}));

    private TwoMoons() {}

    static Path plain(Path folder) throws IOException {
        return model(false).writeTo(folder.resolve("moons.onnx"));
    }

    /** The gradients go through float16, where a scaled one can overflow. */
    static Path scaled(Path folder) throws IOException {
        return model(true).writeTo(folder.resolve("scaled-moons.onnx"));
    }

    private static OnnxModel model(boolean scales) {
        OnnxModel model = OnnxModel.opset(17).using("dev.swiglu", 1).input("x", FLOAT32, BATCH, 2)
                .input("label", FLOAT32, BATCH, 1).input("learning_rate", FLOAT32).output("loss", FLOAT32).output("logit", FLOAT32, BATCH, 1);
        model.node("dev.swiglu:FusedSwiGLU", "x w_gate w_up b_gate b_up -> hidden").node("MatMul", "hidden w_out -> logit")
                .node("Softplus", "logit -> softplus").node("Mul", "label logit -> hit").node("Sub", "softplus hit -> losses")
                .node("ReduceMean", "losses -> loss", Map.of("keepdims", 0L));

        model.constant("per_sample", scalar(1f / BATCH)).node("Sigmoid", "logit -> guess").node("Sub", "guess label -> miss");
        if (scales) {
            model.input("loss_scale", FLOAT32).node("Mul", "per_sample loss_scale -> weighting");
        } else {
            model.node("Identity", "per_sample -> weighting");
        }
        model.node("Mul", "miss weighting -> d_logit")
                .node("Transpose", "hidden -> hidden_t").node("MatMul", "hidden_t d_logit -> d_w_out")
                .node("Transpose", "w_out -> w_out_t").node("MatMul", "d_logit w_out_t -> d_hidden")
                .node("dev.swiglu:FusedSwiGLUGrad", "d_hidden x w_gate w_up b_gate b_up -> _ d_w_gate d_w_up d_b_gate d_b_up");
        if (scales) {
            unscale(model);
        }
        return update(model.constant("momentum", scalar(0.9f)), scales ? "unscaled_" : "d_", scales);
    }

    private static void unscale(OnnxModel model) {
        model.constant("infinity", scalar(Float.POSITIVE_INFINITY)).constant("yes", Tensor.bool(new boolean[] {true}))
                .output("finite", BOOL);
        String finite = "yes";
        for (String w : WEIGHTS.keySet()) {
            model.node("Cast", "d_" + w + " -> half_" + w, Map.of("to", OnnxModel.elementType(FLOAT16)))
                    .node("Cast", "half_" + w + " -> scaled_" + w, Map.of("to", OnnxModel.elementType(FLOAT32)))
                    .node("Div", "scaled_" + w + " loss_scale -> unscaled_" + w)
                    .node("Abs", "scaled_" + w + " -> abs_" + w)
                    .node("ReduceMax", "abs_" + w + " -> max_" + w, Map.of("keepdims", 0L))
                    .node("Less", "max_" + w + " infinity -> finite_" + w)
                    .node("And", finite + " finite_" + w + " -> " + w + "_and_before");
            finite = w + "_and_before";
        }
        model.node("Identity", finite + " -> finite");
    }

    private static OnnxModel update(OnnxModel model, String gradient, boolean scales) {
        OnnxModel initial = OnnxModel.opset(17);
        Random random = new Random(3);
        List<String> state = new ArrayList<>();
        WEIGHTS.forEach((w, dimensions) -> {
            model.node("Mul", "velocity:" + w + " momentum -> kept_" + w)
                    .node("Add", "kept_" + w + " " + gradient + w + " -> v_" + w)
                    .node("Mul", "v_" + w + " learning_rate -> change_" + w).node("Sub", w + " change_" + w + " -> w_" + w);
            Map.of(w, "w_" + w, "velocity:" + w, "v_" + w).forEach((input, updated) -> {
                Object[] shape = Arrays.stream(dimensions).boxed().toArray();
                model.input(input, FLOAT32, shape).output("next:" + input, FLOAT32, shape);
                String selected = scales ? "finite " + updated + " " + input : updated;
                model.node(scales ? "Where" : "Identity", selected + " -> next:" + input);
                initial.output(input, FLOAT32, shape);
                state.add("{\"input\":\"%1$s\",\"next\":\"next:%1$s\",\"role\":\"%2$s\",\"weight\":\"%3$s\"}"
                        .formatted(input, input.equals(w) ? "weight" : "velocity", w));
            });
            initial.constant(w, normal(random, dimensions)).constant("velocity:" + w, zeros(dimensions));
        });
        return model.initialization(initial).metadata(TrainingFormat.KEY, """
                {"schema":1,"optimizer":"sgd","loss":"loss","batch":["x","label"],"learning_rate":"learning_rate",%s
                 "state":[%s]}""".formatted(scales ? "\"loss_scale\":\"loss_scale\",\"finite\":\"finite\"," : "",
                String.join(",", state)));
    }

    private static Tensor scalar(float value) {
        return Tensor.float32(new float[] {value});
    }

    private static Tensor zeros(long... shape) {
        return Tensor.float32(new float[size(shape)], shape);
    }

    private static Tensor normal(Random random, long... shape) {
        float[] values = new float[size(shape)];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return Tensor.float32(values, shape);
    }

    private static int size(long... shape) {
        return (int) Arrays.stream(shape).reduce(1, (a, b) -> a * b);
    }

    /** A batch that follows from its number alone. */
    static Map<String, Tensor> batch(long number) {
        Random random = new Random(number);
        float[] points = new float[2 * BATCH];
        float[] labels = new float[BATCH];
        for (int i = 0; i < BATCH; i++) {
            double angle = Math.PI * random.nextDouble();
            boolean lower = random.nextBoolean();
            points[2 * i] = (float) (lower ? 1 - Math.cos(angle) : Math.cos(angle));
            points[2 * i + 1] = (float) (lower ? 0.5 - Math.sin(angle) : Math.sin(angle));
            labels[i] = lower ? 1 : 0;
        }
        Map<String, Tensor> batch = new LinkedHashMap<>();
        batch.put("x", Tensor.float32(points, BATCH, 2));
        batch.put("label", Tensor.float32(labels, BATCH, 1));
        return batch;
    }
}
