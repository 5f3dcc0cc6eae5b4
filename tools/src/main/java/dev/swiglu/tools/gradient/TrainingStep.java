package dev.swiglu.tools.gradient;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import dev.swiglu.tools.gradient.optimizer.Optimizer;
import dev.swiglu.tools.onnx.ElementType;
import dev.swiglu.tools.portable.GraphWriter;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * Appends an optimizer's step to a graph that computes gradients. Weights of 16 bits are stepped in float32, on a master copy
 * from which the 16-bit weight is rounded anew. With loss scaling, gradients are divided by the scale in that type, and where
 * one is not finite each state comes out as it went in.
 */
final class TrainingStep {
    private final GraphWriter write;
    private final GraphProto.Builder graph;
    private final Optimizer optimizer;
    private final InitialState initial;
    private final String learningRate;
    private final String step;
    private final String lossScale;

    private final List<Training.State> states = new ArrayList<>();
    private final Map<ElementType, Optimizer.Rule> rules = new EnumMap<>(ElementType.class);
    private final Map<ElementType, String> scales = new EnumMap<>(ElementType.class);

    /** @param lossScale the input that scales the gradients; null for none */
    TrainingStep(GraphWriter write, GraphProto.Builder graph, Optimizer optimizer, InitialState initial, String lossScale) {
        this.write = write;
        this.graph = graph;
        this.optimizer = optimizer;
        this.initial = initial;
        this.lossScale = lossScale;
        this.learningRate = Values.addInput(graph, write.unique("learning_rate"), ElementType.FLOAT32);
        this.step = optimizer.countsSteps() ? Values.addInput(graph, write.unique("step"), ElementType.INT64) : null;
        write.at("step");
    }

    /** A weight and the value that is its gradient. */
    record Slope(TensorProto weight, String gradient) {
        /** The type in which the weight is stepped. */
        ElementType wide() {
            return ElementType.of(weight.getDataType()).wide();
        }
    }

    /** Appends the step of every weight and answers what a trainer must know. */
    Training append(List<Slope> slopes, String loss, List<String> batch) {
        List<Slope> unscaled = slopes.stream().map(this::unscaled).toList();
        String finite = lossScale == null ? null : finite(unscaled);
        unscaled.forEach(slope -> step(slope, finite));
        return new Training(Training.SCHEMA, optimizer.name(), optimizer.constants(), loss, batch, learningRate, step,
                lossScale, finite, states);
    }

    private void step(Slope slope, String finite) {
        TensorProto weight = slope.weight();
        String name = weight.getName();
        ElementType element = ElementType.of(weight.getDataType());
        ElementType wide = slope.wide();
        boolean hasMaster = wide != element;
        Optimizer.Rule rule = rules.computeIfAbsent(wide, type -> optimizer.begin(write, type, learningRate, step));

        List<String> before = new ArrayList<>();
        before.add(hasMaster ? state("master", weight, wide) : name);
        optimizer.slots().forEach(slot -> before.add(state(slot, weight, wide)));
        List<String> after = rule.step(before.get(0), slope.gradient(), before.subList(1, before.size()));

        List<String> next = new ArrayList<>();
        for (int i = 0; i < after.size(); i++) {
            next.add(finite == null ? after.get(i) : write.add("Where", finite, after.get(i), before.get(i)));
        }
        give(name, "weight", weight, element, hasMaster ? write.cast(next.get(0), element) : next.get(0));
        if (hasMaster) {
            give(before.get(0), "master", weight, wide, next.get(0));
        }
        for (int i = 1; i < next.size(); i++) {
            give(before.get(i), optimizer.slots().get(i - 1), weight, wide, next.get(i));
        }
    }

    /** An input for a state that belongs to a weight. */
    private String state(String role, TensorProto weight, ElementType element) {
        String input = write.unique(role + ":" + weight.getName());
        graph.addInput(Values.like(weight, input, element));
        if (role.equals("master")) {
            initial.widened(input, weight, element);
        } else {
            initial.zeros(input, weight, element);
        }
        return input;
    }

    private void give(String input, String role, TensorProto weight, ElementType element, String value) {
        String output = write.unique("next:" + input);
        write.name(value, output);
        graph.addOutput(Values.like(weight, output, element));
        states.add(new Training.State(input, output, role, weight.getName()));
    }

    private Slope unscaled(Slope slope) {
        ElementType wide = slope.wide();
        String widened = write.cast(slope.gradient(), ElementType.of(slope.weight().getDataType()), wide);
        if (lossScale == null) {
            return new Slope(slope.weight(), widened);
        }
        String scale = scales.computeIfAbsent(wide, type -> write.cast(lossScale, ElementType.FLOAT32, type));
        return new Slope(slope.weight(), write.add("Div", widened, scale));
    }

    /** 0 times a number is 0, and NaN for those that are not finite: one sum tells whether there is one. */
    private String finite(List<Slope> slopes) {
        List<String> sums = new ArrayList<>();
        for (Slope slope : slopes) {
            String sum = write.sum(write.add("Mul", slope.gradient(), write.scalar(slope.wide(), 0)), false);
            sums.add(write.cast(sum, slope.wide(), ElementType.FLOAT32));
        }
        String output = write.unique("finite");
        write.name(write.add("Not", write.add("IsNaN", write.add("Sum", sums))), output);
        Values.addOutput(graph, output, ElementType.BOOL);
        return output;
    }
}
