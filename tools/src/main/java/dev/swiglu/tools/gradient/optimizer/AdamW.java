package dev.swiglu.tools.gradient.optimizer;

import dev.swiglu.tools.onnx.ElementType;
import dev.swiglu.tools.portable.GraphWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Adam with decoupled weight decay, in step t:
 * m ← β₁m + (1-β₁)g, v ← β₂v + (1-β₂)g², w ← (1-ηλ)w - η/(1-β₁ᵗ) · m / (√v/√(1-β₂ᵗ) + ε).
 * The factors that all weights share are computed in float64: 1-β₂ᵗ loses digits in float32.
 */
public record AdamW(double beta1, double beta2, double epsilon, double weightDecay) implements Optimizer {

    public AdamW {
        for (double beta : new double[] {beta1, beta2}) {
            if (!(beta >= 0 && beta < 1)) {
                throw new IllegalArgumentException("betas must be from 0 to below 1, not " + beta);
            }
        }
        Optimizer.requireFromZero("epsilon", epsilon);
        Optimizer.requireFromZero("weight decay", weightDecay);
    }

    @Override
    public String name() {
        return "adamw";
    }

    @Override
    public Map<String, Double> constants() {
        Map<String, Double> constants = new LinkedHashMap<>();
        constants.put("beta1", beta1);
        constants.put("beta2", beta2);
        constants.put("epsilon", epsilon);
        constants.put("weight_decay", weightDecay);
        return constants;
    }

    @Override
    public List<String> slots() {
        return List.of("moment1", "moment2");
    }

    @Override
    public boolean countsSteps() {
        return true;
    }

    @Override
    public Rule begin(GraphWriter write, ElementType element, String learningRate, String step) {
        String rate = write.cast(learningRate, ElementType.FLOAT64);
        String time = write.cast(step, ElementType.FLOAT64);
        String stride = narrowed(write, write.add("Div", rate, correction(write, beta1, time)), element);
        String scale = narrowed(write, write.add("Sqrt", correction(write, beta2, time)), element);
        String decayed = write.add("Mul", rate, write.scalar(ElementType.FLOAT64, weightDecay));
        String kept = narrowed(write, write.add("Sub", write.scalar(ElementType.FLOAT64, 1), decayed), element);
        String small = write.scalar(element, epsilon);
        return (weight, gradient, slots) -> {
            String m = average(write, element, beta1, slots.get(0), gradient);
            String v = average(write, element, beta2, slots.get(1), write.add("Mul", gradient, gradient));
            String size = write.add("Add", write.add("Div", write.add("Sqrt", v), scale), small);
            String change = write.add("Mul", write.add("Div", m, size), stride);
            return List.of(write.add("Sub", write.add("Mul", weight, kept), change), m, v);
        };
    }

    /** 1 - βᵗ */
    private static String correction(GraphWriter write, double beta, String time) {
        String power = write.add("Pow", write.scalar(ElementType.FLOAT64, beta), time);
        return write.add("Sub", write.scalar(ElementType.FLOAT64, 1), power);
    }

    private static String average(GraphWriter write, ElementType element, double beta, String before, String now) {
        return write.add("Add", write.add("Mul", before, write.scalar(element, beta)),
                write.add("Mul", now, write.scalar(element, 1 - beta)));
    }

    private static String narrowed(GraphWriter write, String value, ElementType element) {
        return element == ElementType.FLOAT64 ? value : write.cast(value, element);
    }
}
