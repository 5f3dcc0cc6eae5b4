package dev.swiglu.training;

import dev.swiglu.CheckpointException;
import dev.swiglu.Device;
import dev.swiglu.ModelException;
import dev.swiglu.ModelSession;
import dev.swiglu.Outputs;
import dev.swiglu.StatefulSession;
import dev.swiglu.Tensor;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Trains a model whose graph is one whole training step, as {@code tools/swiglu gradient MODEL OUT --optimizer adamw} writes
 * it. Weights and optimizer state stay in ONNX Runtime between steps; only the batch goes in and only the loss comes out.
 *
 * <p>Threads may share one; steps wait for each other. On the CPU a training is the same bit for bit each time that it runs
 * with the same data and number of threads, also when it stops and goes on from a checkpoint.
 */
public final class Trainer implements AutoCloseable {
    private final StatefulSession session;
    private final TrainingFormat format;
    private final LearningRate learningRate;
    private final LossScaling lossScaling;
    private LossScaling.State scaling;
    private long steps;

    Trainer(StatefulSession session, TrainingFormat format, LearningRate learningRate, LossScaling lossScaling) {
        this.session = session;
        this.format = format;
        this.learningRate = learningRate;
        this.lossScaling = lossScaling;
        this.scaling = lossScaling.start();
    }

    public static TrainerBuilder builder(Path trainingModel) {
        return new TrainerBuilder(trainingModel);
    }

    public Device device() {
        return session.session().device();
    }

    /** Steps taken so far; those that overflowed are not counted. */
    public synchronized long steps() {
        return steps;
    }

    /** One step on the inputs of the forward model. */
    public StepResult step(Map<String, Tensor> batch) {
        return step(batch, Set.of());
    }

    /**
     * One step on the inputs of the forward model.
     *
     * @param wanted outputs of the forward model to read besides the loss
     * @throws IllegalArgumentException when a name, type or shape is not what the model declares
     * @throws IllegalStateException when the trainer is closed
     * @throws ModelException when ONNX Runtime fails; weights and optimizer state are then what they were
     */
    public synchronized StepResult step(Map<String, Tensor> batch, Set<String> wanted) {
        float rate = learningRate.at(steps + 1);
        float scale = scaling.scale();
        Map<String, Tensor> inputs = new LinkedHashMap<>(batch);
        inputs.put(format.learningRate(), Tensor.float32(new float[] {rate}));
        format.step().ifPresent(name -> inputs.put(name, Tensor.int64(new long[] {steps + 1})));
        format.lossScale().ifPresent(name -> inputs.put(name, Tensor.float32(new float[] {scale})));
        Set<String> names = new LinkedHashSet<>(wanted);
        names.add(format.loss());
        format.finite().ifPresent(names::add);

        Outputs outputs = session.run(inputs, names);
        boolean finite = format.finite().map(name -> outputs.get(name).longs()[0] == 1).orElse(true);
        steps += finite ? 1 : 0;
        scaling = lossScaling.after(scaling, finite);
        double loss = outputs.get(format.loss()).doubles()[0];
        return new StepResult(steps, loss, finite, rate, format.lossScale().isPresent() ? scale : 1, outputs);
    }

    /** A copy of the weights, by their names in the forward model. */
    public Map<String, Tensor> weights() {
        return named(format.weights());
    }

    private Map<String, Tensor> optimizerState() {
        List<String> weights = List.copyOf(format.weights().values());
        Map<String, String> others = new LinkedHashMap<>();
        format.state().stream().map(TrainingFormat.State::input).filter(input -> !weights.contains(input))
                .forEach(input -> others.put(input, input));
        return named(others);
    }

    private Map<String, Tensor> named(Map<String, String> inputs) {
        Map<String, Tensor> state = session.state(inputs.values());
        Map<String, Tensor> named = new LinkedHashMap<>();
        inputs.forEach((name, input) -> named.put(name, state.get(input)));
        return named;
    }

    /** @param data where the next step's batch comes from; {@link #resume} gives it back */
    public synchronized Checkpoint checkpoint(DataPosition data) {
        return new Checkpoint(steps, scaling.scale(), scaling.goodSteps(), data, weights(), optimizerState());
    }

    /** Writes a {@linkplain Checkpoint checkpoint} in place of {@code file}: whole, or not at all. */
    public void checkpoint(Path file, DataPosition data) {
        checkpoint(data).write(file);
    }

    /**
     * Goes on where a checkpoint was written, perhaps by another process.
     *
     * @throws CheckpointException when the file is damaged or of another model; this trainer is then what it was
     */
    public DataPosition resume(Path file) {
        Checkpoint checkpoint = Checkpoint.read(file);
        try {
            return resume(checkpoint);
        } catch (IllegalArgumentException other) {
            throw new CheckpointException(file + " is a checkpoint of another model: " + other.getMessage(), other);
        }
    }

    /** @throws IllegalArgumentException when the checkpoint's tensors are not those of this model */
    public synchronized DataPosition resume(Checkpoint checkpoint) {
        Map<String, Tensor> state = new LinkedHashMap<>(checkpoint.optimizer());
        Map<String, String> inputs = format.weights();
        checkpoint.weights().forEach((name, tensor) -> state.put(inputs.getOrDefault(name, name), tensor));
        session.setState(state);
        steps = checkpoint.step();
        scaling = new LossScaling.State(checkpoint.lossScale(), checkpoint.goodSteps());
        return checkpoint.data();
    }

    /** Waits for the step under way; may be called again. */
    @Override
    public void close() {
        session.close();
    }
}
