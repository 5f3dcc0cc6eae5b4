package dev.swiglu.training;

import dev.swiglu.Json;
import dev.swiglu.ModelException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a training model says about itself, under the metadata key {@value #KEY}: which of its inputs and outputs are what.
 * {@code tools/swiglu gradient --optimizer} writes it.
 *
 * @param step the input that counts the steps, from 1
 * @param finite the output that says whether the step was taken, where the loss is scaled
 */
record TrainingFormat(String optimizer, String loss, String learningRate, Optional<String> step, Optional<String> lossScale,
        Optional<String> finite, List<State> state) {
    static final String KEY = "dev.swiglu.training";
    private static final long SCHEMA = 1;
    private static final String WEIGHT = "weight";

    /**
     * One tensor that outlives a step.
     *
     * @param next the output that is {@code input} in the next step
     * @param role {@code weight}, or what the optimizer keeps for one
     * @param weight the initializer of the forward model that it belongs to
     */
    record State(String input, String next, String role, String weight) {}

    static TrainingFormat of(Map<String, String> metadata) {
        String text = metadata.get(KEY);
        if (text == null) {
            throw new ModelException("This is not a training model; make one of a forward model with 'tools/swiglu gradient"
                    + " MODEL OUT --optimizer adamw'.");
        }
        try {
            Map<?, ?> format = (Map<?, ?>) Json.parse(text);
            if (!format.get("schema").equals(SCHEMA)) {
                throw new ModelException("The training model is of schema " + format.get("schema") + ", and this version of"
                        + " swiglu-ort reads schema " + SCHEMA + ".");
            }
            List<State> state = new ArrayList<>();
            for (Object each : (List<?>) format.get("state")) {
                Map<?, ?> entry = (Map<?, ?>) each;
                state.add(new State(name(entry, "input"), name(entry, "next"), name(entry, "role"), name(entry, WEIGHT)));
            }
            return new TrainingFormat(name(format, "optimizer"), name(format, "loss"), name(format, "learning_rate"),
                    optional(format, "step"), optional(format, "loss_scale"), optional(format, "finite"), List.copyOf(state));
        } catch (ClassCastException | NullPointerException | IllegalArgumentException malformed) {
            throw new ModelException("The training model's metadata under '" + KEY + "' cannot be understood; write the model"
                    + " again with 'tools/swiglu gradient'.", malformed);
        }
    }

    private static String name(Map<?, ?> entry, String key) {
        return optional(entry, key).orElseThrow(() -> new IllegalArgumentException(key));
    }

    private static Optional<String> optional(Map<?, ?> entry, String key) {
        return Optional.ofNullable((String) entry.get(key));
    }

    /** For each output that outlives the step, the input that it becomes. */
    Map<String, String> feedback() {
        Map<String, String> feedback = new LinkedHashMap<>();
        state.forEach(each -> feedback.put(each.next(), each.input()));
        return feedback;
    }

    /** For each weight of the forward model, the input that holds it. */
    Map<String, String> weights() {
        Map<String, String> weights = new LinkedHashMap<>();
        state.stream().filter(each -> each.role().equals(WEIGHT)).forEach(each -> weights.put(each.weight(), each.input()));
        return weights;
    }
}
