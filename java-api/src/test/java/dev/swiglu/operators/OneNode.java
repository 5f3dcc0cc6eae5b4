package dev.swiglu.operators;

import dev.swiglu.Device;
import dev.swiglu.ModelSession;
import dev.swiglu.OnnxModel;
import dev.swiglu.SessionBuilder;
import dev.swiglu.Tensor;
import dev.swiglu.TensorType;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A model of one node of this library. Inputs and outputs are called by the contract's names; those that nobody mentions are
 * left out, by an empty name where a later one is there.
 */
final class OneNode {
    private record Slots(List<String> inputs, List<String> outputs) {}

    private static final Map<String, Slots> OPERATORS = Map.of(
            "SwiGLU", new Slots(List.of("A", "B"), List.of("Y")),
            "SwiGLUGrad", new Slots(List.of("dY", "A", "B"), List.of("dA", "dB", "Y")),
            "FusedSwiGLU", new Slots(List.of("X", "W_gate", "W_up", "b_gate", "b_up"), List.of("Y", "gate", "up")),
            "FusedSwiGLUGrad", new Slots(List.of("dY", "X", "W_gate", "W_up", "b_gate", "b_up", "gate", "up"),
                    List.of("dX", "dW_gate", "dW_up", "db_gate", "db_up", "Y")));

    private static Device device = Device.cpu();

    private final String operator;
    private final Map<String, Object> attributes = new LinkedHashMap<>();
    private final Map<String, Tensor> inputs = new LinkedHashMap<>();
    private final Map<String, Tensor> constants = new LinkedHashMap<>();
    private List<String> wanted;
    private boolean openShapes;

    OneNode(String operator) {
        this.operator = operator;
        this.wanted = OPERATORS.get(operator).outputs().subList(0, 1);
    }

    /**
     * Where every model that is opened from now on runs. On a GPU float32 products are exact float32 unless a node says
     * otherwise, so that they meet what is expected of the CPU's.
     */
    static void runOn(Device chosen) {
        device = chosen;
    }

    static boolean runsOnGpu() {
        return device instanceof Device.Cuda;
    }

    OneNode attributes(Map<String, ?> values) {
        attributes.putAll(values);
        return this;
    }

    OneNode input(String slot, Tensor tensor) {
        inputs.put(slot, tensor);
        return this;
    }

    OneNode inputs(Map<String, Tensor> tensors) {
        inputs.putAll(tensors);
        return this;
    }

    /** Makes an initializer of what was an input. */
    OneNode constant(String slot) {
        constants.put(slot, inputs.remove(slot));
        return this;
    }

    /** The model tells the ranks of its inputs only, so that nothing but the rank can be checked before the run. */
    OneNode openShapes() {
        openShapes = true;
        return this;
    }

    OneNode wanting(String... outputs) {
        return wanting(List.of(outputs));
    }

    OneNode wanting(List<String> outputs) {
        wanted = outputs;
        return this;
    }

    SessionBuilder session() {
        Slots slots = OPERATORS.get(operator);
        OnnxModel model = OnnxModel.opset(17).using("dev.swiglu", 1);
        inputs.forEach((slot, tensor) -> model.input(slot, tensor.type(), dimensions(slot, tensor)));
        constants.forEach(model::constant);
        Map<String, Tensor> given = new LinkedHashMap<>(inputs);
        given.putAll(constants);
        Map<String, Object> written = new LinkedHashMap<>(attributes);
        if (runsOnGpu()) {
            written.putIfAbsent("precision", "fp32");
        }
        model.node("dev.swiglu:" + operator, connections(slots.inputs(), List.copyOf(given.keySet())) + " -> "
                + connections(slots.outputs(), wanted), written);
        TensorType type = given.values().iterator().next().type();
        wanted.forEach(slot -> model.outputOfAnyShape(slot, type));
        return model.session().device(device).threads(1);
    }

    private Object[] dimensions(String slot, Tensor tensor) {
        long[] shape = tensor.shape();
        return IntStream.range(0, shape.length)
                .<Object>mapToObj(axis -> openShapes ? slot + axis : Long.valueOf(shape[axis])).toArray();
    }

    private static String connections(List<String> slots, List<String> present) {
        int last = slots.size();
        while (last > 0 && !present.contains(slots.get(last - 1))) {
            last--;
        }
        return slots.subList(0, last).stream().map(slot -> present.contains(slot) ? slot : "_").collect(Collectors.joining(" "));
    }

    /** What a run of {@link #session} takes. */
    Map<String, Tensor> graphInputs() {
        return Map.copyOf(inputs);
    }

    /** Opens the model and runs it once. */
    Map<String, Tensor> run() {
        try (ModelSession session = session().open()) {
            return session.run(inputs).asMap();
        }
    }

    @Override
    public String toString() {
        return operator + attributes + " of " + inputs + (constants.isEmpty() ? "" : " and constants " + constants) + " -> "
                + String.join(", ", wanted);
    }

    /** Every choice of at least one of these, in their order. */
    static List<List<String>> choices(String... slots) {
        return IntStream.range(1, 1 << slots.length).mapToObj(bits -> Arrays.stream(slots)
                .filter(slot -> (bits >> List.of(slots).indexOf(slot) & 1) == 1).toList()).toList();
    }
}
