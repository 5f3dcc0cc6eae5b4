package dev.swiglu.tools.gradient;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;

/**
 * What {@code gradient --json} writes.
 *
 * @param of the output that is differentiated
 * @param seed the input that gives its gradient; null where it is a scalar
 * @param weights {@code inputs} or {@code initializers}
 * @param training null without an optimizer
 * @param nodes how many nodes the forward graph has, and the whole
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record GradientReport(int schema, String model, String output, String of, String seed, String weights,
        List<Gradient> gradients, Training training, Nodes nodes, List<String> notes) {
    static final int SCHEMA = 1;

    /**
     * One gradient.
     *
     * @param output null where an optimizer takes it
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Gradient(String name, String kind, String dtype, String shape, String output) {
    }

    /** Nodes before and after. */
    public record Nodes(int forward, int all) {
    }
}
