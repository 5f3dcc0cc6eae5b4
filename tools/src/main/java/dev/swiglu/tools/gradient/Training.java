package dev.swiglu.tools.gradient;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.Map;

/**
 * What a trainer must know of a training step, as JSON on the model: which outputs are fed to which inputs in the next step.
 *
 * @param constants the optimizer's, for readers
 * @param batch the inputs that are new in every step
 * @param step input: the number of the step, 1 for the first; null where the optimizer does not count
 * @param lossScale input; null without loss scaling
 * @param finite output: false where the step changed nothing because a gradient was not finite; null without loss scaling
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Training(int schema, String optimizer, Map<String, Double> constants, String loss, List<String> batch,
        @JsonProperty("learning_rate") String learningRate, String step, @JsonProperty("loss_scale") String lossScale,
        String finite, List<State> state) {
    /** The key of this among the model's metadata. */
    public static final String KEY = "dev.swiglu.training";
    static final int SCHEMA = 1;

    /**
     * A tensor that goes from step to step.
     *
     * @param next the output that is the input of the next step
     * @param role {@code weight}, {@code master} (a 16-bit weight in float32), or a slot of the optimizer
     * @param weight the initializer of the forward model that this belongs to
     */
    public record State(String input, String next, String role, String weight) {
    }
}
