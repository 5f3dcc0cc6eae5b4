package dev.swiglu.training;

import dev.swiglu.Device;
import dev.swiglu.ModelException;
import dev.swiglu.ModelSession;
import dev.swiglu.SessionBuilder;
import dev.swiglu.StatefulSession;
import dev.swiglu.Tensor;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** How to train a model. Immutable: every setter returns a new builder, so one can be shared and varied. */
public final class TrainerBuilder {
    private static final float USUAL_RATE = 1e-3f;

    private final Path model;
    private final SessionBuilder session;
    private final LearningRate learningRate;
    private final Optional<LossScaling> lossScaling;

    private TrainerBuilder(Path model, SessionBuilder session, LearningRate learningRate, Optional<LossScaling> lossScaling) {
        this.model = model;
        this.session = session;
        this.learningRate = learningRate;
        this.lossScaling = lossScaling;
    }

    TrainerBuilder(Path model) {
        this(model, ModelSession.builder(model), LearningRate.constant(USUAL_RATE), Optional.empty());
    }

    /** Default: the CPU. */
    public TrainerBuilder device(Device device) {
        return new TrainerBuilder(model, session.device(device), learningRate, lossScaling);
    }

    /** Threads that work on one operator together. Default: one for each physical core. */
    public TrainerBuilder threads(int count) {
        return new TrainerBuilder(model, session.threads(count), learningRate, lossScaling);
    }

    /** Sets one of ONNX Runtime's session configuration entries. */
    public TrainerBuilder config(String key, String value) {
        return new TrainerBuilder(model, session.config(key, value), learningRate, lossScaling);
    }

    /** Default: 0.001 in every step. */
    public TrainerBuilder learningRate(LearningRate learningRate) {
        return new TrainerBuilder(model, session, learningRate, lossScaling);
    }

    /** For a model that scales its loss. Default: {@link LossScaling#dynamic}. */
    public TrainerBuilder lossScaling(LossScaling lossScaling) {
        return new TrainerBuilder(model, session, learningRate, Optional.of(lossScaling));
    }

    /**
     * Opens the model with its initial values; {@link Trainer#resume} replaces them by those of a checkpoint.
     *
     * @throws ModelException when this is no training model
     * @throws IllegalArgumentException when loss scaling is asked for and the model does not scale
     * @throws RuntimeException as {@link SessionBuilder#open}
     */
    public Trainer open() {
        Map<String, Tensor> initial;
        try (ModelSession initialization = ModelSession.initialization(model).withoutOperators().open()) {
            initial = initialization.run(Map.of()).asMap();
        }
        TrainingFormat format = TrainingFormat.of(session.metadata());
        if (lossScaling.isPresent() && format.lossScale().isEmpty()) {
            throw new IllegalArgumentException(model + " does not scale its loss; write it with 'tools/swiglu gradient ..."
                    + " --loss-scale', or leave loss scaling out.");
        }
        StatefulSession stateful = session.openStateful(format.feedback(), initial);
        return new Trainer(stateful, format, learningRate, lossScaling.orElse(LossScaling.dynamic()));
    }
}
