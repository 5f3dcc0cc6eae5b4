package dev.swiglu;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * An open model with a memory: outputs of one run are inputs of the next and stay in the device's memory in between, so nothing
 * of the state is copied. While a run is under way, the state before and the state after it are both there.
 *
 * <p>Threads may share one: runs wait for each other, and {@link #close} for the one under way.
 */
public final class StatefulSession implements AutoCloseable {
    private final ResidentSession session;
    private final Map<String, String> feedback;
    private final Map<String, String> outputOf = new HashMap<>();
    private final List<ValueInfo> inputs;
    private final List<ValueInfo> results;
    private final List<ValueInfo> stateInputs;
    private final Map<String, ResidentTensor> state = new LinkedHashMap<>();

    private StatefulSession(ResidentSession session, Map<String, String> feedback) {
        this.session = session;
        this.feedback = Map.copyOf(feedback);
        feedback.forEach((output, input) -> outputOf.put(input, output));
        this.stateInputs = session.inputs().stream().filter(input -> feedback.containsValue(input.name())).toList();
        this.inputs = session.inputs().stream().filter(input -> !feedback.containsValue(input.name())).toList();
        this.results = session.outputs().stream().filter(output -> !feedback.containsKey(output.name())).toList();
    }

    /** Takes {@code session} over, also when this fails. */
    static StatefulSession over(ResidentSession session, Map<String, String> feedback, Map<String, Tensor> initial) {
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

    public ResidentSession session() {
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
        try (ResidentRun run = session.newRun()) {
            given.forEach(run::input);
            state.forEach(run::input);
            wanted.forEach(run::output);
            feedback.keySet().forEach(run::output);
            run.run();
            Map<String, Tensor> read = new LinkedHashMap<>();
            wanted.forEach(output -> read.put(output, download(run, output)));
            replaceState(all(feedback.values(), input -> run.take(outputOf.get(input))));
            return new Outputs(read);
        }
    }

    private static Tensor download(ResidentRun run, String output) {
        try (ResidentTensor result = run.take(output)) {
            return result.download();
        }
    }

    /** The tensors that {@code tensorOf} gives for these inputs; when it fails for one, those before it are closed. */
    private static Map<String, ResidentTensor> all(Iterable<String> inputs, Function<String, ResidentTensor> tensorOf) {
        Map<String, ResidentTensor> tensors = new HashMap<>();
        boolean complete = false;
        try {
            inputs.forEach(input -> tensors.put(input, tensorOf.apply(input)));
            complete = true;
            return tensors;
        } finally {
            if (!complete) {
                tensors.values().forEach(ResidentTensor::close);
            }
        }
    }

    /** A copy of the state, by input name. */
    public synchronized Map<String, Tensor> state() {
        return state(feedback.values());
    }

    /**
     * A copy of some of the state, by input name.
     *
     * @throws IllegalArgumentException when one of these is not part of the state
     */
    public synchronized Map<String, Tensor> state(Iterable<String> inputs) {
        if (state.isEmpty() && !feedback.isEmpty()) {
            throw new IllegalStateException("The session is closed, and its state with it.");
        }
        Map<String, Tensor> copies = new LinkedHashMap<>();
        for (String input : inputs) {
            if (!state.containsKey(input)) {
                throw new IllegalArgumentException("The input '" + input + "' is not part of the state, which is "
                        + String.join(", ", state.keySet()) + ".");
            }
            copies.put(input, state.get(input).download());
        }
        return copies;
    }

    /**
     * @throws IllegalArgumentException when an input of the state is missing, unknown, or of another type or shape
     * @throws IllegalStateException when the session is closed
     */
    public synchronized void setState(Map<String, Tensor> values) {
        RunArguments.check(stateInputs, values);
        replaceState(all(values.keySet(), input -> session.upload(values.get(input))));
    }

    private void replaceState(Map<String, ResidentTensor> next) {
        state.values().forEach(ResidentTensor::close);
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
