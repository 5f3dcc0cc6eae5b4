package dev.swiglu.tools.mnist;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.swiglu.Device;
import dev.swiglu.Tensor;
import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.cli.Main;
import dev.swiglu.tools.onnx.ElementType;
import dev.swiglu.training.Checkpoint;
import dev.swiglu.training.LearningRate;
import dev.swiglu.training.LossScaling;
import dev.swiglu.training.Trainer;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The example as its launcher runs it, small and on made-up pictures. */
class MnistExampleTest {
    @TempDir
    private Path folder;
    private Path out;

    @BeforeEach
    void chooseFolder() {
        out = folder.resolve("run");
    }

    private String run(Object... arguments) {
        return run(ExitCode.DONE, arguments);
    }

    private String run(ExitCode expected, Object... arguments) {
        StringWriter err = new StringWriter();
        String[] line = Arrays.stream(arguments).map(Object::toString).toArray(String[]::new);
        int exit = Main.commandLine().setOut(new PrintWriter(new StringWriter())).setErr(new PrintWriter(err)).execute(line);
        assertEquals(expected.number(), exit, err.toString());
        return err.toString();
    }

    @Test
    void learnsAlikeFusedAndUnfused() throws Exception {
        String said = run("mnist", "--synthetic", "--unfused", "--out", out, "--epochs", 2, "--hidden", 32, "--batch", 100);
        assertTrue(said.contains("fused, epoch 2 of 2") && said.contains("Largest difference"), said);
        JsonNode curves = new ObjectMapper().readTree(out.resolve("curve.json").toFile());
        assertEquals(2, curves.size());
        double worst = 0;
        for (int step = 0; step < 200; step++) {
            worst = Math.max(worst, Math.abs(curves.get(0).get("losses").get(step).asDouble()
                    - curves.get(1).get("losses").get(step).asDouble()));
        }
        assertTrue(worst < 1e-4, "fused and unfused losses differ by up to " + worst);
        assertTrue(curves.get(0).get("epochs").get(1).get("test_accuracy").asDouble() > 0.95, said);
        DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(out.resolve("curve.svg").toFile());
    }

    @Test
    void theCheckpointGivesTheTrainedModel() throws Exception {
        run("mnist", "--synthetic", "--out", out, "--epochs", 1, "--hidden", 16, "--batch", 500);
        Path exported = folder.resolve("exported.onnx");
        String said = run("export", out.resolve("forward-fused.onnx"), exported, "--checkpoint",
                out.resolve("checkpoint-fused.safetensors"));
        assertTrue(said.contains("after 20 steps"), said);
        assertArrayEquals(Files.readAllBytes(out.resolve("trained-fused.onnx")), Files.readAllBytes(exported));

        Path unwanted = folder.resolve("unwanted.onnx");
        run(ExitCode.REFUSED, "export", out.resolve("forward.onnx"), unwanted, "--checkpoint", out.resolve("forward.onnx"));
        run(ExitCode.IO, "export", out.resolve("forward.onnx"), unwanted, "--checkpoint", folder.resolve("none"));
        assertFalse(Files.exists(unwanted));
    }

    /** The loss scale that it starts from is too large here, as usual; steps that find that out are no failure. */
    @Test
    void learnsInMixedPrecisionAndSaysWhichStepsOverflowed() throws Exception {
        String said = run("mnist", "--synthetic", "--out", out, "--epochs", 1, "--hidden", 32, "--batch", 100, "--type", "float16");
        JsonNode curve = new ObjectMapper().readTree(out.resolve("curve.json").toFile()).get(0);
        assertTrue(curve.get("epochs").get(0).get("test_accuracy").asDouble() > 0.95, said);
        int skipped = curve.get("skipped").size();
        assertTrue(skipped > 0 && said.contains("epoch 1 of 1: " + skipped + " of 100 steps were skipped"), said);
        Checkpoint checkpoint = Checkpoint.read(out.resolve("checkpoint-fused.safetensors"));
        assertEquals(100 - skipped, checkpoint.step());
        assertEquals(LossScaling.dynamic().initial() / (1 << skipped), checkpoint.lossScale());
    }

    @Test
    void aRateThatIsNoneIsUsage() {
        for (String rate : new String[] {"NaN", "0", "-1"}) {
            String said = run(ExitCode.USAGE, "mnist", "--synthetic", "--out", out, "--rate=" + rate);
            assertTrue(said.contains("--rate must be a number above 0"), said);
        }
    }

    /** What is timed is what is trained. */
    @Test
    void stepsThatStayOnTheDeviceAreTheTrainersBitForBit() {
        run("mnist", "--synthetic", "--out", out, "--hidden", 16, "--batch", 50, "--time-steps", 1);
        StepModels.Step step = new StepModels(out, "test").writeStep(StepModels.Graph.FUSED, ElementType.FLOAT32);
        Images pictures = Images.synthetic(50, 1);
        Map<String, Tensor> batch = pictures.batch(IntStream.range(0, 50).toArray(), 0, 50);
        try (ResidentSteps resident = new ResidentSteps(step, batch, Device.cpu(), 1);
                Trainer trainer = Trainer.builder(step.file()).threads(1)
                        .learningRate(LearningRate.constant(ResidentSteps.RATE)).open()) {
            for (int i = 0; i < 4; i++) {
                assertEquals(trainer.step(batch).loss(), resident.step());
            }
        }
    }
}
