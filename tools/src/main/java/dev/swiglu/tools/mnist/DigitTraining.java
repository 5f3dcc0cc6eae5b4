package dev.swiglu.tools.mnist;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.swiglu.Device;
import dev.swiglu.ModelSession;
import dev.swiglu.Outputs;
import dev.swiglu.Tensor;
import dev.swiglu.tools.Progress;
import dev.swiglu.tools.onnx.ModelFile;
import dev.swiglu.tools.onnx.TrainedWeights;
import dev.swiglu.training.DataPosition;
import dev.swiglu.training.LearningRate;
import dev.swiglu.training.StepResult;
import dev.swiglu.training.Trainer;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Trains one graph on pictures of digits and judges it by others after each epoch.
 *
 * @param threads of ONNX Runtime
 */
record DigitTraining(Mnist data, Recipe recipe, Device device, int threads, PrintWriter err) {
    private static final int WARMUP = 100;
    private static final int JUDGED_AT_ONCE = 1000;
    /** ONNX Runtime fuses float64 into an operator for which it has no float64 kernel. */
    private static final String DISABLED_OPTIMIZERS = "optimization.disable_specified_optimizers";

    Trainer open(Path stepModel) {
        long steps = (long) recipe.epochs() * batches();
        return Trainer.builder(stepModel).device(device).threads(threads)
                .learningRate(LearningRate.cosine(recipe.rate(), Math.min(WARMUP, steps / 2), steps)).open();
    }

    private int batches() {
        return Math.max(1, data.training().count() / recipe.batch());
    }

    /** @param checkpoint written after each epoch */
    LearningCurve run(String graph, Path stepModel, Path forward, Path trained, Path checkpoint) {
        LearningCurve curve = new LearningCurve(graph);
        ModelProto forwardModel = ModelFile.read(forward).proto();
        DataPosition position = DataPosition.start(recipe.seed());
        try (Trainer trainer = open(stepModel)) {
            while (position.epoch() < recipe.epochs()) {
                long start = System.nanoTime();
                position = epoch(trainer, position, curve);
                double seconds = (System.nanoTime() - start) / 1e9;
                trainer.checkpoint(checkpoint, position);
                ModelProto current = TrainedWeights.into(forwardModel, trainer.weights());
                judge(current, curve, seconds);
                if (position.epoch() == recipe.epochs()) {
                    StepModels.write(trained, current);
                }
            }
        }
        return curve;
    }

    private DataPosition epoch(Trainer trainer, DataPosition start, LearningCurve curve) {
        int[] order = start.order(data.training().count());
        int size = Math.min(recipe.batch(), order.length);
        String task = curve.graph() + ", epoch " + (start.epoch() + 1) + " of " + recipe.epochs();
        DataPosition position = start;
        try (Progress progress = Progress.onTerminal(err, task, batches())) {
            while (position.epoch() == start.epoch()) {
                int from = (int) position.batch() * size;
                StepResult result = trainer.step(data.training().batch(order, from, size));
                curve.stepped(result);
                position = position.next(batches());
                progress.at(from / size + 1, String.format(Locale.ROOT, "loss %.4f", result.loss()));
            }
        }
        return position;
    }

    private void judge(ModelProto forward, LearningCurve curve, double seconds) {
        Images test = data.test();
        int[] order = IntStream.range(0, test.count()).toArray();
        long right = 0;
        double loss = 0;
        try (ModelSession session = ModelSession.builder(forward.toByteString().asReadOnlyByteBuffer(), Path.of(""))
                .device(device).threads(threads).config(DISABLED_OPTIMIZERS, "QuickGeluFusion").open()) {
            for (int from = 0; from < order.length; from += JUDGED_AT_ONCE) {
                int size = Math.min(JUDGED_AT_ONCE, order.length - from);
                Map<String, Tensor> pictures = test.batch(order, from, size);
                Outputs outputs = session.run(pictures, Set.of(DigitModel.LOGITS, DigitModel.LOSS));
                right += right(outputs.get(DigitModel.LOGITS).doubles(), pictures.get(DigitModel.LABELS).longs());
                loss += outputs.get(DigitModel.LOSS).doubles()[0] * size / order.length;
            }
        }
        curve.judged(batches(), loss, (double) right / order.length, seconds);
        LearningCurve.Epoch epoch = curve.epochs().get(curve.epochs().size() - 1);
        err.printf(Locale.ROOT, "%s, epoch %d of %d: loss %.4f, test loss %.4f, test accuracy %.2f %%, %.1f s%n", curve.graph(),
                curve.epochs().size(), recipe.epochs(), epoch.meanLoss(), epoch.testLoss(), 100 * epoch.testAccuracy(), seconds);
        long skipped = curve.skippedOfLast(batches());
        if (skipped > 0) {
            err.printf(Locale.ROOT, "%s, epoch %d of %d: %d of %d steps were skipped, because a gradient overflowed; each halved the"
                    + " loss scale. A few of them are usual.%n", curve.graph(), curve.epochs().size(),
                    recipe.epochs(), skipped, batches());
        }
        err.flush();
    }

    private static long right(double[] logits, long[] labels) {
        return IntStream.range(0, labels.length).filter(picture -> {
            int first = picture * Images.CLASSES;
            double target = logits[first + (int) labels[picture]];
            return Arrays.stream(logits, first, first + Images.CLASSES).filter(logit -> logit >= target).count() == 1;
        }).count();
    }
}
