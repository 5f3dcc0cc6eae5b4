package dev.swiglu.tools.mnist;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.swiglu.Device;
import dev.swiglu.ModelSession;
import dev.swiglu.Tensor;
import dev.swiglu.tools.gradient.Training;
import dev.swiglu.tools.onnx.ModelFile;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** Times a training step whose weights and optimizer state stay on the device: see {@link RepeatedStep}. */
final class ResidentSteps implements AutoCloseable {
    private static final int MORE = 20;
    static final float RATE = 1e-3f;
    private static final float LOSS_SCALE = 1024;

    private final ModelSession session;
    private final Map<String, Tensor> inputs = new LinkedHashMap<>();

    ResidentSteps(StepModels.Step step, Map<String, Tensor> batch, Device device, int threads) {
        Training training = step.training();
        inputs.putAll(batch);
        inputs.put(training.learningRate(), Tensor.float32(new float[] {RATE}));
        inputs.put(RepeatedStep.INITIAL + training.step(), Tensor.int64(new long[] {1}));
        if (training.lossScale() != null) {
            inputs.put(training.lossScale(), Tensor.float32(new float[] {LOSS_SCALE}));
        }
        try (ModelSession initial = ModelSession.initialization(step.file()).withoutOperators().open()) {
            initial.run(Map.of()).asMap().forEach((name, tensor) -> inputs.put(RepeatedStep.INITIAL + name, tensor));
        }
        ModelProto repeated = RepeatedStep.of(ModelFile.read(step.file()).proto(), training);
        session = ModelSession.builder(repeated.toByteString().asReadOnlyByteBuffer(), Path.of("")).device(device)
                .threads(threads).config(StepTiming.SPINNING, "0").open();
    }

    /** The loss of each of so many steps. */
    double[] run(long times) {
        inputs.put(RepeatedStep.TIMES, Tensor.int64(new long[] {times}));
        return session.run(inputs).get(RepeatedStep.LOSSES).doubles();
    }

    /** What a run of many steps takes longer than a run of one, for each step that it does more. */
    double millisecondsOfAStep() {
        double one = StepTiming.milliseconds(() -> run(1));
        return (StepTiming.milliseconds(() -> run(1 + MORE)) - one) / MORE;
    }

    @Override
    public void close() {
        session.close();
    }
}
