package dev.swiglu.tools.mnist;

import dev.swiglu.Device;
import dev.swiglu.ModelSession;
import dev.swiglu.ResidentRun;
import dev.swiglu.ResidentSession;
import dev.swiglu.ResidentTensor;
import dev.swiglu.Tensor;
import dev.swiglu.tools.gradient.Training;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** Times a training step with all that it needs on the device: the batch, too, which the trainer brings there in each step. */
final class ResidentSteps implements AutoCloseable {
    private static final int AT_ONCE = 20;
    static final float RATE = 1e-3f;
    private static final float LOSS_SCALE = 1024;

    private final Training training;
    private final ResidentSession session;
    private final ResidentRun run;
    private final Map<String, ResidentTensor> inputs = new HashMap<>();
    private long steps;

    ResidentSteps(StepModels.Step step, Map<String, Tensor> batch, Device device, int threads) {
        training = step.training();
        session = ModelSession.builder(step.file()).device(device).threads(threads).config(StepTiming.SPINNING, "0").openResident();
        run = session.newRun();
        batch.forEach(this::upload);
        upload(training.learningRate(), Tensor.float32(new float[] {RATE}));
        if (training.lossScale() != null) {
            upload(training.lossScale(), Tensor.float32(new float[] {LOSS_SCALE}));
        }
        initialState(step.file()).forEach(this::upload);
        training.state().forEach(state -> run.output(state.next()));
        run.output(training.loss());
    }

    private static Map<String, Tensor> initialState(Path step) {
        try (ModelSession initial = ModelSession.initialization(step).withoutOperators().open()) {
            return initial.run(Map.of()).asMap();
        }
    }

    private void upload(String input, Tensor tensor) {
        bind(input, session.upload(tensor));
    }

    private void bind(String input, ResidentTensor tensor) {
        run.input(input, tensor);
        ResidentTensor before = inputs.put(input, tensor);
        if (before != null) {
            before.close();
        }
    }

    /** The loss before the step. */
    double step() {
        run.input(training.step(), Tensor.int64(new long[] {++steps})).run();
        training.state().forEach(state -> bind(state.input(), run.take(state.next())));
        try (ResidentTensor loss = run.take(training.loss())) {
            return loss.download().doubles()[0];
        }
    }

    double millisecondsOfAStep() {
        return StepTiming.milliseconds(() -> {
            for (int i = 0; i < AT_ONCE; i++) {
                step();
            }
        }) / AT_ONCE;
    }

    @Override
    public void close() {
        run.close();
        inputs.values().forEach(ResidentTensor::close);
        session.close();
    }
}
