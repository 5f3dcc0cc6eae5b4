package dev.swiglu.tools.gradient.optimizer;

import dev.swiglu.tools.onnx.ElementType;
import dev.swiglu.tools.portable.GraphWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Stochastic gradient descent: with G = g + λw, v ← μv + G, w ← w - ηv; v is kept only where the momentum μ is not 0. This is
 * PyTorch's, without dampening.
 */
public record Sgd(double momentum, double weightDecay) implements Optimizer {

    public Sgd {
        Optimizer.requireFromZero("momentum", momentum);
        Optimizer.requireFromZero("weight decay", weightDecay);
    }

    @Override
    public String name() {
        return "sgd";
    }

    @Override
    public Map<String, Double> constants() {
        Map<String, Double> constants = new LinkedHashMap<>();
        constants.put("momentum", momentum);
        constants.put("weight_decay", weightDecay);
        return constants;
    }

    @Override
    public List<String> slots() {
        return momentum == 0 ? List.of() : List.of("velocity");
    }

    @Override
    public boolean countsSteps() {
        return false;
    }

    @Override
    public Rule begin(GraphWriter write, ElementType element, String learningRate, String step) {
        String rate = element == ElementType.FLOAT32 ? learningRate : write.cast(learningRate, element);
        String decay = weightDecay == 0 ? null : write.scalar(element, weightDecay);
        String inertia = momentum == 0 ? null : write.scalar(element, momentum);
        return (weight, gradient, slots) -> {
            String slope = decay == null ? gradient : write.add("Add", gradient, write.add("Mul", weight, decay));
            String velocity = inertia == null ? slope : write.add("Add", write.add("Mul", slots.get(0), inertia), slope);
            String next = write.add("Sub", weight, write.add("Mul", velocity, rate));
            return inertia == null ? List.of(next) : List.of(next, velocity);
        };
    }
}
