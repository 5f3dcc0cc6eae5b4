package dev.swiglu.tools.gradient.optimizer;

import dev.swiglu.tools.onnx.ElementType;
import dev.swiglu.tools.portable.GraphWriter;
import java.util.List;
import java.util.Map;

/** A way of changing weights by their gradients, written into the graph. */
public interface Optimizer {

    String name();

    /** What is fixed when the graph is written, for readers. */
    Map<String, Double> constants();

    /** What is kept for each weight from step to step, zeros at first, each of the weight's shape. */
    List<String> slots();

    /** Whether it needs the number of the step, 1 for the first. */
    boolean countsSteps();

    /**
     * Writes what all weights of one type share.
     *
     * @param learningRate a float32 scalar
     * @param step an int64 scalar; null when {@link #countsSteps} is false
     */
    Rule begin(GraphWriter write, ElementType element, String learningRate, String step);

    /** @throws IllegalArgumentException when {@code value} is no number from 0 on that float32 holds */
    static void requireFromZero(String name, double value) {
        if (!(value >= 0 && (float) value < Float.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("the " + name + " must be a number from 0 on, not " + value);
        }
    }

    /** Writes the step of one weight. */
    @FunctionalInterface
    interface Rule {
        /** The new weight, then the new slots in their order. */
        List<String> step(String weight, String gradient, List<String> slots);
    }
}
