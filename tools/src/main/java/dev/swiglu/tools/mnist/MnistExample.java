package dev.swiglu.tools.mnist;

import dev.swiglu.Device;
import dev.swiglu.IoReason;
import dev.swiglu.Tensor;
import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.Json;
import dev.swiglu.tools.ToolException;
import dev.swiglu.tools.mnist.StepModels.Graph;
import dev.swiglu.tools.onnx.AtomicOutput;
import dev.swiglu.training.Trainer;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * The example from one end to the other: writes the forward model, fuses it, makes training steps of it, trains, judges, and
 * leaves the trained model, a checkpoint and the curves.
 *
 * @param source the folder of the data; null for made-up pictures
 */
public record MnistExample(Path source, Path out, Recipe recipe, Device device, int threads, String toolVersion, PrintWriter err) {
    private static final int SYNTHETIC_TRAINING = 10_000;
    private static final int SYNTHETIC_TEST = 1_000;
    private static final int EARLY_STEPS = 100;

    /** @param unfused whether the graph without fused operators is trained, too */
    public void train(boolean unfused) {
        Mnist data = data(SYNTHETIC_TRAINING);
        StepModels models = models();
        DigitTraining training = new DigitTraining(data, recipe, device, threads, err);
        List<LearningCurve> curves = new ArrayList<>();
        curves.add(train(training, models, Graph.FUSED));
        if (unfused) {
            curves.add(train(training, models, Graph.UNFUSED));
        }
        write("curve.json", Json.of(curves));
        write("curve.svg", CurveChart.of(curves));
        if (unfused) {
            LearningCurve fused = curves.get(0);
            err.printf(Locale.ROOT, "Largest difference of a batch's loss, fused against unfused: %.1e in the first %d steps,"
                    + " %.1e in all %,d.%n", fused.difference(curves.get(1), EARLY_STEPS), EARLY_STEPS,
                    fused.difference(curves.get(1), fused.losses().size()), fused.losses().size());
        }
        err.printf("Written to %s: trained-fused.onnx, checkpoint-fused.safetensors, curve.svg, curve.json and the models that"
                + " were trained.%n", out);
        err.flush();
    }

    private LearningCurve train(DigitTraining training, StepModels models, Graph graph) {
        String name = graph.name().toLowerCase(Locale.ROOT);
        return training.run(name, models.writeStep(graph, recipe.type()).file(), models.forward(graph),
                out.resolve("trained-" + name + ".onnx"), out.resolve("checkpoint-" + name + ".safetensors"));
    }

    /** Fused against unfused steps, as {@link Trainer} takes them and with everything resident on the device. */
    public void time(int rounds) {
        Images pictures = data(recipe.batch()).training();
        StepModels models = models();
        StepModels.Step fused = models.writeStep(Graph.FUSED, recipe.type());
        StepModels.Step unfused = models.writeStep(Graph.UNFUSED, recipe.type());
        int size = Math.min(recipe.batch(), pictures.count());
        Map<String, Tensor> first = pictures.batch(IntStream.range(0, size).toArray(), 0, size);
        err.printf("A training step of %d pictures, hidden %d, %s, on %s; medians of %d rounds in turns:%n", size,
                recipe.hidden(), recipe.type().label(), device, rounds);
        Map<String, StepTiming> timings = new LinkedHashMap<>();
        try (Trainer one = timed(fused); Trainer other = timed(unfused)) {
            timings.put("trainer", StepTiming.of(() -> StepTiming.milliseconds(() -> one.step(first)),
                    () -> StepTiming.milliseconds(() -> other.step(first)), rounds));
        }
        try (ResidentSteps one = new ResidentSteps(fused, first, device, threads);
                ResidentSteps other = new ResidentSteps(unfused, first, device, threads)) {
            timings.put("resident", StepTiming.of(one::millisecondsOfAStep, other::millisecondsOfAStep, rounds));
        }
        timings.forEach((how, timing) -> err.printf(Locale.ROOT, "%-8s  fused %.3f ms, unfused %.3f ms; unfused / fused, pair by"
                + " pair: %.3f%n", how, timing.fused(), timing.unfused(), timing.ratio()));
        err.flush();
        write("timing.json", Json.of(timings));
    }

    private Trainer timed(StepModels.Step step) {
        return Trainer.builder(step.file()).device(device).threads(threads).config(StepTiming.SPINNING, "0").open();
    }

    private Mnist data(int syntheticPictures) {
        return source == null ? Mnist.synthetic(syntheticPictures, SYNTHETIC_TEST) : Mnist.read(source);
    }

    private StepModels models() {
        try {
            Files.createDirectories(out);
        } catch (IOException e) {
            throw new ToolException(ExitCode.IO, out + " cannot be made: " + IoReason.withoutFile(e) + ".", e);
        }
        StepModels models = new StepModels(out, toolVersion);
        models.writeForward(DigitModel.of(recipe.hidden(), recipe.type(), recipe.seed()));
        return models;
    }

    private void write(String name, String content) {
        try (AtomicOutput output = AtomicOutput.open(out.resolve(name), true)) {
            output.write(stream -> stream.write(content.getBytes(StandardCharsets.UTF_8)));
            output.publish();
        }
    }
}
