package dev.swiglu;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtSession;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * An open model with a memory: outputs of one run are inputs of the next and stay in ONNX Runtime's memory in between. On the
 * CPU nothing is copied; while a run is under way, the state before and the state after it are both there. On a GPU it is
 * copied from the device and back in each run, because ONNX Runtime's Java interface (1.22 to 1.29) can hand over tensors of
 * the CPU only. What knows of that are {@link #run} and the map of tensors here, nothing else.
 *
 * <p>Threads may share one: runs wait for each other, and {@link #close} for the one under way.
 */
public final class StatefulSession implements AutoCloseable {
    private final ModelSession session;
    private final Map<String, String> feedback;
    private final List<ValueInfo> inputs;
    private final List<ValueInfo> results;
    private final List<ValueInfo> stateInputs;
    private final Map<String, OnnxTensor> state = new LinkedHashMap<>();

    private StatefulSession(ModelSession session, Map<String, String> feedback) {
        this.session = session;
        this.feedback = Map.copyOf(feedback);
        this.stateInputs = session.inputs().stream().filter(input -> feedback.containsValue(input.name())).toList();
        this.inputs = session.inputs().stream().filter(input -> !feedback.containsValue(input.name())).toList();
        this.results = session.outputs().stream().filter(output -> !feedback.containsKey(output.name())).toList();
    }

    /** Takes {@code session} over, also when this fails. */
    static StatefulSession over(ModelSession session, Map<String, String> feedback, Map<String, Tensor> initial) {
        StatefulSession stateful = new StatefulSession(session, feedback);
        boolean complete = false;
        try {
            stateful.requireFittingEnds();
            stateful.setState(initial);
            complete = true;
            return stateful;
        } finally {
            if (!complete) {
                stateful.close();
            }
        }
    }

    private void requireFittingEnds() {
        feedback.forEach((output, input) -> {
            ValueInfo from = named(output, session.outputs());
            ValueInfo to = named(input, session.inputs());
            if (from == null || to == null || from.type() != to.type()) {
                throw new ModelException("The output '" + output + "' cannot become the input '" + input + "': the model has "
                        + (from == null ? "no such output" : from) + " and " + (to == null ? "no such input" : to) + ".");
            }
        });
    }

    private static ValueInfo named(String name, List<ValueInfo> values) {
        return values.stream().filter(value -> value.name().equals(name)).findFirst().orElse(null);
    }

    public ModelSession session() {
        return session;
    }

    /** What {@link #run} is given: the inputs that are not part of the state. */
    public List<ValueInfo> inputs() {
        return inputs;
    }

    /**
     * Runs the model and advances the state. When it fails, the state is what it was.
     *
     * @param wanted outputs to read, at least one, none of them part of the state
     */
    public synchronized Outputs run(Map<String, Tensor> inputs, Set<String> wanted) {
        Map<String, Tensor> given = new LinkedHashMap<>(inputs);
        RunArguments.check(this.inputs, given);
        RunArguments.check(results, wanted);
        Set<String> names = new LinkedHashSet<>(wanted);
        names.addAll(feedback.keySet());
        Map<String, OnnxTensor> passed = new LinkedHashMap<>();
        try {
            given.forEach((name, tensor) -> passed.put(name, ModelSession.toOnnx(tensor)));
            passed.putAll(state);
            return advance(session.runOn(passed, names));
        } finally {
            given.keySet().stream().filter(passed::containsKey).forEach(name -> passed.get(name).close());
        }
    }

    private Outputs advance(OrtSession.Result result) {
        Map<String, OnnxTensor> next = new LinkedHashMap<>();
        Map<String, OnnxTensor> others = new LinkedHashMap<>();
        Map<String, Tensor> read = new LinkedHashMap<>();
        try {
            for (Map.Entry<String, OnnxValue> output : result) {
                OnnxTensor tensor = (OnnxTensor) output.getValue();
                String input = feedback.get(output.getKey());
                (input == null ? others : next).put(input == null ? output.getKey() : input, tensor);
            }
            others.forEach((name, tensor) -> read.put(name, Tensor.of(tensor)));
        } catch (RuntimeException | Error failed) {
            result.close();
            throw failed;
        }
        others.values().forEach(OnnxTensor::close);
        replaceState(next);
        return new Outputs(read);
    }

    /** A copy of the state, by input name. */
    public synchronized Map<String, Tensor> state() {
        return state(feedback.values());
    }

    /** A copy of some of the state, by input name. */
    public synchronized Map<String, Tensor> state(Iterable<String> inputs) {
        if (state.isEmpty() && !feedback.isEmpty()) {
            throw new IllegalStateException("The session is closed, and its state with it.");
        }
        Map<String, Tensor> copies = new LinkedHashMap<>();
        inputs.forEach(input -> copies.put(input, Tensor.of(state.get(input))));
        return copies;
    }

    /**
     * @throws IllegalArgumentException when an input of the state is missing, unknown, or of another type or shape
     * @throws IllegalStateException when the session is closed
     */
    public synchronized void setState(Map<String, Tensor> values) {
        session.requireOpen();
        RunArguments.check(stateInputs, values);
        Map<String, OnnxTensor> next = new LinkedHashMap<>();
        boolean complete = false;
        try {
            values.forEach((input, tensor) -> next.put(input, ModelSession.toOnnx(tensor)));
            complete = true;
        } finally {
            if (!complete) {
                next.values().forEach(OnnxTensor::close);
            }
        }
        replaceState(next);
    }

    private void replaceState(Map<String, OnnxTensor> next) {
        state.values().forEach(OnnxTensor::close);
        state.clear();
        state.putAll(next);
    }

    /** May be called again. */
    @Override
    public synchronized void close() {
        replaceState(Map.of());
        session.close();
    }
}
