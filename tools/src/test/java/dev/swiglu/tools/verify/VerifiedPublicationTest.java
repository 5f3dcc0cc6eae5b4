package dev.swiglu.tools.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.swiglu.Device;
import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.ToolException;
import dev.swiglu.tools.cli.Main;
import dev.swiglu.tools.onnx.ModelFile;
import dev.swiglu.tools.rewrite.Mode;
import dev.swiglu.tools.rewrite.Rewriter;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code rewrite --verify}, with the operator library that the build made and without it. */
class VerifiedPublicationTest {

    private static final Path ORIGINAL = Exports.path("llama-fp32-dynamo-op18-sdpa.onnx");

    @TempDir
    private Path folder;

    private final StringWriter err = new StringWriter();

    @ParameterizedTest
    @ValueSource(strings = {Exports.GENAI_LLAMA, Exports.GENAI_INT4, Exports.GENAI_ROLLING_CACHE, "llama-fp16-dynamo-op18-sdpa.onnx",
        "llama-fp16-ts-op17-eager.onnx", "llama-fp32-dynamo-op18-sdpa.onnx", "llama-fp32-dynamo-raw-op18-eager.onnx",
        Exports.LLAMA, Exports.LLAMA_WITH_CACHE, "mistral-fp16-ts-op17-past-sdpa.onnx", "mistral-fp32-dynamo-op24-sdpa.onnx",
        "mistral-fp32-ts-op14-eager.onnx", "ortsaved-extended-llama-fp32-ts-op17-eager.onnx"})
    void anAccurateRewriteIsVerifiedBothWaysAndAppears(String export) {
        Path target = folder.resolve("out.onnx");
        assertEquals(0, rewrite(export, target), err.toString());
        assertTrue(Files.exists(target));
        assertTrue(err.toString().contains("Verified on cpu, with the operator library"), err.toString());
        assertTrue(err.toString().contains("Verified on cpu, without the operator library"), err.toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {Exports.LLAMA_BF16, "mistral-bf16-dynamo-op18-sdpa.onnx"})
    void whatTheCpuCannotRunIsNotCalledVerified(String export) {
        Path target = folder.resolve("out.onnx");
        assertEquals(ExitCode.UNAVAILABLE.number(), rewrite(export, target), err.toString());
        assertFalse(Files.exists(target));
        assertTrue(err.toString().contains("ONNX Runtime has no bfloat16 kernel for"), err.toString());
    }

    /** The kernel would be right here: only the run without the library can see that the function is not. */
    @Test
    void aWrongPortableFunctionKeepsTheOutputBack() throws IOException {
        ModelProto.Builder model =
                Rewriter.of(ModelFile.read(ORIGINAL), Mode.AUTO).result("test").orElseThrow().toBuilder();
        model.getFunctionsBuilder(0).getNodeBuilderList().stream()
                .filter(node -> node.getOpType().equals("Sigmoid")).forEach(node -> node.setOpType("Tanh"));
        Path candidate = Files.write(folder.resolve("candidate.onnx"), model.build().toByteArray());
        List<VerificationReport> reports = new ArrayList<>();
        ToolException failure = assertThrows(ToolException.class,
                () -> new VerifiedPublication(Device.cpu(), 0, reports::add).check(ORIGINAL, candidate, candidate));
        assertEquals(ExitCode.INACCURATE, failure.exitCode());
        assertTrue(reports.get(0).operators() && reports.get(0).passed(), reports.toString());
        assertFalse(reports.get(1).operators() || reports.get(1).passed(), reports.toString());
    }

    @Test
    void whatCannotBeLoadedIsRefusedUnderTheNameThatPeopleKnow() throws IOException {
        ModelProto.Builder model =
                Rewriter.of(ModelFile.read(ORIGINAL), Mode.AUTO).result("test").orElseThrow().toBuilder();
        model.getGraphBuilder().getNodeBuilder(0).setOpType("NoSuchOperator");
        Path candidate = Files.write(folder.resolve(".out.onnx.tmp-1"), model.build().toByteArray());
        ToolException failure = assertThrows(ToolException.class, () -> new VerifiedPublication(Device.cpu(), 0, report -> { })
                .check(ORIGINAL, candidate, folder.resolve("out.onnx")));
        assertEquals(ExitCode.REFUSED, failure.exitCode());
        assertTrue(failure.getMessage().startsWith("ONNX Runtime cannot run " + folder.resolve("out.onnx") + ","), failure.getMessage());
        assertTrue(failure.getMessage().contains("NoSuchOperator"), failure.getMessage());
        assertFalse(failure.getMessage().contains("tmp-") || failure.getMessage().contains("\n")
                || failure.getMessage().contains("Error code"), failure.getMessage());
    }

    private int rewrite(String export, Path target) {
        return Main.commandLine().setOut(new PrintWriter(new StringWriter())).setErr(new PrintWriter(err))
                .execute("rewrite", Exports.path(export).toString(), target.toString(), "--verify");
    }
}
