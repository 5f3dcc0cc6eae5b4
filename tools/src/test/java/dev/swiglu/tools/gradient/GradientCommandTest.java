package dev.swiglu.tools.gradient;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.swiglu.ModelException;
import dev.swiglu.ModelSession;
import dev.swiglu.Tensor;
import dev.swiglu.tools.CommandRun;
import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.ModelBuilder;
import dev.swiglu.tools.onnx.Attributes;
import dev.swiglu.tools.onnx.ModelFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code gradient} takes, refuses and writes. */
class GradientCommandTest {
    private static final Map<String, Tensor> BATCH = Map.of("X", Tensor.float32(new float[] {
        1, -2, 0.5f, 3, -1, 0, 2, -0.5f, -3, 0.25f, 1, 1, -1, 2, 0.75f, -2, 0.5f, 0.5f, 1, -1, 2, 0, 0, 1}, 3, 8),
            "t", Tensor.int64(new long[] {2, 0, 3}, 3));

    @TempDir
    private Path folder;

    @Test
    void theFusedGraphHasTheGradientsOfTheUnfusedOne() throws IOException {
        Path unfused = write("unfused.onnx", classifier().build());
        Path fused = folder.resolve("fused.onnx");
        CommandRun.of("rewrite", unfused, fused).succeeded();
        Map<String, Tensor> expected = gradients(unfused, true);
        assertEquals(List.of("grad:Wd", "grad:Wg", "grad:Wu", "loss"), expected.keySet().stream().sorted().toList());
        for (Map<String, Tensor> actual : List.of(gradients(fused, true), gradients(fused, false),
                gradients(fused, true, "--recompute"), gradients(fused, false, "--recompute", "--weights", "initializers"))) {
            expected.forEach((name, gradient) -> assertClose(gradient.floats(), actual.get(name).floats(), name));
        }
        assertEquals(ExitCode.NOTHING_TO_REWRITE.number(), CommandRun.of("restore", folder.resolve("gradient.onnx"),
                folder.resolve("restored.onnx")).exit(), "a gradient graph is no rewritten model");
    }

    @Test
    void whatStandsInTheWayIsNamed() throws IOException {
        Path selu = write("selu.onnx", new ModelBuilder().input("X", 2, 8).weight("W", 8, 4).node("MatMul", "m", "X", "W")
                .node("Selu", "Y", "m").output("Y", 2, 4).build());
        assertRefused(ExitCode.REFUSED, "No gradient passes Selu node 'node Y' on the way to 'W': there is no rule for"
                + " the operator Selu.", selu);
        ModelBuilder twice = new ModelBuilder().node("Add", "a", "m", "m").output("a", 2, 4);
        ModelBuilder once = new ModelBuilder().node("Neg", "b", "m").output("b", 2, 4);
        Path branch = write("branch.onnx", new ModelBuilder().input("X", 2, 8).flag("c").weight("W", 8, 4)
                .node("MatMul", "m", "X", "W").branch("Y", "c", twice, once).output("Y", 2, 4).build());
        assertRefused(ExitCode.REFUSED, "If node 'node Y' on the way to 'W': control flow is not differentiated", branch);
        Path old = write("old.onnx", new ModelBuilder(DataType.FLOAT, 10)
                .input("X", 2, 8).weight("W", 8, 4).node("MatMul", "Y", "X", "W").output("Y", 2, 4).build());
        assertRefused(ExitCode.REFUSED, "need opset 11", old);
    }

    @Test
    void aNodeWithoutARuleBesideThePathIsNoObstacle() throws IOException {
        Path model = write("beside.onnx", new ModelBuilder().input("X", 2, 8).weight("W", 8, 4).node("Selu", "s", "X")
                .node("MatMul", "Y", "s", "W").node("Selu", "Z", "Y").output("Y", 2, 4).output("Z", 2, 4).build());
        CommandRun.of("gradient", model, folder.resolve("out.onnx"), "--of", "Y").succeeded();
        assertRefused(ExitCode.REFUSED, "Selu", model, "--of", "Y", "--wrt", "X");
    }

    @Test
    void frozenWeightsAreLeftOut() throws IOException {
        Path model = write("model.onnx", classifier().build());
        assertEquals(Set.of("loss", "grad:Wd"), gradients(model, true, "--freeze", "Wg,*u").keySet());
        assertRefused(ExitCode.USAGE, "means no initializer", model, "--freeze", "layers.*");
    }

    @Test
    void namesAndOptionsThatMeanNothingAreUsage() throws IOException {
        Path model = write("model.onnx", classifier().output("logits", 3, 4).build());
        assertRefused(ExitCode.USAGE, "--of nothing is no output of the model; it has loss, logits", model, "--of", "nothing");
        assertRefused(ExitCode.USAGE, "neither an input nor an initializer", model, "--wrt", "nothing");
        assertRefused(ExitCode.USAGE, "is int64", model, "--wrt", "t");
        assertRefused(ExitCode.USAGE, "an optimizer changes weights", model, "--wrt", "X", "--optimizer", "sgd");
        assertRefused(ExitCode.USAGE, "is no optimizer", model, "--optimizer", "lion");
        assertRefused(ExitCode.USAGE, "belongs to sgd", model, "--optimizer", "adamw", "--momentum", "0.9");
        assertRefused(ExitCode.USAGE, "name an --optimizer", model, "--loss-scale");
        assertRefused(ExitCode.USAGE, "cannot change from step to step", model, "--optimizer", "sgd",
                "--weights", "initializers");
        assertRefused(ExitCode.REFUSED, "needs a loss that is one number", model, "--of", "logits", "--optimizer", "sgd");
        Path input = write("input.onnx", new ModelBuilder().input("X", 2, 8).node("Exp", "Y", "X").output("Y", 2, 8).build());
        assertRefused(ExitCode.NOTHING_TO_REWRITE, "name inputs or initializers with --wrt", input);
    }

    @Test
    void anOptimizersNumbersAreThoseOfWhichItMakesSense() throws IOException {
        Path model = write("model.onnx", classifier().build());
        for (String betas : List.of("1,1", "0.9,1", "-0.1,0.9", "NaN,0.9")) {
            assertRefused(ExitCode.USAGE, "betas must be from 0 to below 1", model, "--optimizer", "adamw", "--betas", betas);
        }
        for (String number : List.of("-1e-8", "NaN", "Infinity", "1e39")) {
            assertRefused(ExitCode.USAGE, "the epsilon must be", model, "--optimizer", "adamw", "--epsilon", number);
            assertRefused(ExitCode.USAGE, "the weight decay must be", model, "--optimizer", "adamw", "--weight-decay", number);
            assertRefused(ExitCode.USAGE, "the weight decay must be", model, "--optimizer", "sgd", "--weight-decay", number);
            assertRefused(ExitCode.USAGE, "the momentum must be", model, "--optimizer", "sgd", "--momentum", number);
        }
    }

    @Test
    void whatARuleDoesNotFollowIsRefusedAndNotLost() throws IOException {
        Path power = write("power.onnx", new ModelBuilder().input("X", 4).scalar("two", 2).node("Pow", "p", "two", "X")
                .node("Add", "Y", "p", "X").output("Y", 4).build());
        assertRefused(ExitCode.REFUSED, "its exponent 'X' depends on", power, "--wrt", "X");
        Path saved = write("saved.onnx", new ModelBuilder().input("X", 2, 4).weight("s", 4)
                .node("SimplifiedLayerNormalization", List.of("n", "r"), List.of("X", "s")).node("Mul", "Y", "n", "r")
                .output("Y", 2, 4).build());
        assertRefused(ExitCode.REFUSED, "its output 'r' is read", saved, "--wrt", "X");
    }

    /** A model has one function of a name; a node in a body that needs another one must not get it. */
    @Test
    void aFunctionStandsForTheNodesOfBodiesToo() throws IOException {
        Map<String, Tensor> inputs = Map.of("X", Tensor.float32(new float[] {1, -2, 0.5f, 3}, 2, 2),
                "c", Tensor.bool(new boolean[] {true}), "grad_Y", Tensor.float32(new float[] {1, 2, 3, 4}, 2, 2));
        for (String inside : List.of("silu", "relu")) {
            ModelBuilder otherwise = new ModelBuilder().node("Neg", "n", "X").output("n", 2, 2);
            ModelBuilder gated = new ModelBuilder().node("dev.swiglu::SwiGLU", "b", List.of("X", "X"),
                    Attributes.of("activation", inside)).output("b", 2, 2);
            Path model = write("bodies.onnx", new ModelBuilder().input("X", 2, 2).flag("c").node("dev.swiglu::SwiGLU", "Y",
                    List.of("X", "X"), Attributes.of("activation", "silu")).branch("Z", "c", gated, otherwise)
                    .output("Y", 2, 2).output("Z", 2, 2).build());
            Path gradient = folder.resolve("gradient.onnx");
            String said = CommandRun.of("gradient", model, gradient, "--of", "Y", "--wrt", "X", "--force").succeeded().err();
            boolean portable = inside.equals("silu");
            assertEquals(!portable, said.contains("The nodes of SwiGLU differ in form"), said);
            try (ModelSession kernels = ModelSession.builder(gradient).open()) {
                float[] z = kernels.run(inputs).get("Z").floats();
                assertEquals(portable ? 9 / (1 + Math.exp(-3)) : 9, z[3], 1e-5);
                if (portable) {
                    try (ModelSession functions = ModelSession.builder(gradient).withoutOperators().open()) {
                        assertArrayEquals(z, functions.run(inputs).get("Z").floats(), 1e-5f);
                    }
                } else {
                    assertThrows(ModelException.class, () -> ModelSession.builder(gradient).withoutOperators().open().close());
                }
            }
        }
    }

    @Test
    void aTrainingStepHasWeightsAndStateAsInputs() throws IOException {
        Path model = write("model.onnx", classifier().build());
        Path output = folder.resolve("step.onnx");
        CommandRun outcome = CommandRun.of("gradient", model, output, "--optimizer", "adamw", "--json").succeeded();
        JsonNode training = new ObjectMapper().readTree(outcome.out()).get("training");
        ModelProto step = ModelFile.read(output).proto();
        assertEquals(List.of("X", "t", "learning_rate", "step", "Wg", "Wu", "Wd", "moment1:Wg", "moment2:Wg", "moment1:Wu",
                "moment2:Wu", "moment1:Wd", "moment2:Wd").stream().sorted().toList(),
                step.getGraph().getInputList().stream().map(input -> input.getName()).sorted().toList());
        assertEquals(0, step.getGraph().getInitializerCount());
        assertEquals(9, training.get("state").size());
        assertEquals("[\"X\",\"t\"]", training.get("batch").toString());
        assertFalse(training.has("loss_scale"));
    }

    @Test
    void weightsInFilesAreFoundFromTheStepsOwnFolder() throws IOException {
        Files.write(folder.resolve("weights"), new byte[64]);
        Path model = write("external.onnx", new ModelBuilder().input("X", 2, 4).external("W", "weights", 0, 4, 4)
                .node("MatMul", "y", "X", "W").node("ReduceSum", "loss", List.of("y"), Attributes.of("keepdims", 0))
                .output("loss").build());
        Path step = Files.createDirectory(folder.resolve("elsewhere")).resolve("step.onnx");
        CommandRun.of("gradient", model, step, "--optimizer", "sgd").succeeded();
        ModelProto written = ModelFile.read(step).proto();
        ModelProto initialization = written.toBuilder().setGraph(written.getTrainingInfo(0).getInitialization())
                .clearTrainingInfo().build();
        try (ModelSession session = ModelSession.builder(ByteBuffer.wrap(initialization.toByteArray()), step.getParent())
                .open()) {
            assertEquals(Tensor.float32(new float[16], 4, 4), session.run(Map.of()).get("W"));
        }
    }

    /** A SwiGLU classifier: loss of X[3, 8] and labels t[3], with the batch size open. */
    private static ModelBuilder classifier() {
        return new ModelBuilder().input("X", ModelBuilder.ANY, 8).indices("t", ModelBuilder.ANY).weight("Wg", 8, 16)
                .weight("Wu", 8, 16).weight("Wd", 16, 4).node("MatMul", "g", "X", "Wg").node("MatMul", "u", "X", "Wu")
                .silu("g", "a").node("Mul", "h", "a", "u").node("MatMul", "logits", "h", "Wd")
                .node("SoftmaxCrossEntropyLoss", "loss", List.of("logits", "t"), Attributes.of("reduction", "mean"))
                .output("loss");
    }

    private Map<String, Tensor> gradients(Path model, boolean kernels, Object... options) {
        Path output = folder.resolve("gradient.onnx");
        CommandRun.of(Stream.of("gradient", model, output, "--force"), options).succeeded();
        try (ModelSession session = (kernels ? ModelSession.builder(output) : ModelSession.builder(output).withoutOperators())
                .open()) {
            return session.run(BATCH).asMap();
        }
    }

    private static void assertClose(float[] expected, float[] actual, String name) {
        double difference = 0;
        double norm = 0;
        for (int i = 0; i < expected.length; i++) {
            difference += Math.pow(expected[i] - actual[i], 2);
            norm += Math.pow(expected[i], 2);
        }
        assertTrue(Math.sqrt(difference / norm) <= 1e-6, name + " " + Math.sqrt(difference / norm));
    }

    private void assertRefused(ExitCode code, String part, Path model, Object... options) {
        Path output = folder.resolve("refused.onnx");
        CommandRun outcome = CommandRun.of(Stream.of("gradient", model, output), options);
        assertEquals(code.number(), outcome.exit(), outcome.err());
        assertTrue(outcome.err().contains(part), outcome.err());
        assertFalse(outcome.err().contains("\tat "), outcome.err());
        assertFalse(Files.exists(output));
    }

    private Path write(String name, ModelProto model) throws IOException {
        return Files.write(folder.resolve(name), model.toByteArray());
    }
}
