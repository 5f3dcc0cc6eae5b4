package dev.swiglu.tools.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.ByteString;
import dev.swiglu.tools.cli.Main;
import dev.swiglu.tools.onnx.Attributes;
import dev.swiglu.tools.onnx.ModelFile;
import dev.swiglu.tools.rewrite.Mode;
import dev.swiglu.tools.rewrite.Rewriter;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** The command on real graphs. The rewritten ones run without our library, so that the verifier alone is tested. */
class VerifyCommandTest {

    @TempDir
    private Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @ParameterizedTest
    @ValueSource(strings = {Exports.LLAMA_WITH_CACHE, Exports.GENAI_LLAMA, Exports.GENAI_INT4, Exports.GENAI_ROLLING_CACHE,
        "llama-fp32-dynamo-raw-op18-eager.onnx", "ortsaved-extended-llama-fp32-ts-op17-eager.onnx"})
    void aRewriteIsVerified(String export) throws IOException {
        assertEquals(0, verify(export, rewritten(export)), out.toString() + err);
        assertEquals(2, out.toString().lines().filter(line -> line.startsWith("site ")).count());
        assertTrue(out.toString().contains("output logits"), out.toString());
    }

    @Test
    void theReportKeepsItsSchema() throws IOException {
        Path file = folder.resolve("report.json");
        assertEquals(0, verify(Exports.LLAMA, rewritten(Exports.LLAMA), "--json", "--report", file.toString()), err.toString());
        JsonNode report = new ObjectMapper().readTree(file.toFile());
        assertEquals(report, new ObjectMapper().readTree(out.toString()));
        assertEquals(1, report.get("schema").intValue());
        assertTrue(report.get("passed").booleanValue());
        JsonNode output = report.get("outputs").get(0);
        assertEquals("logits", output.get("name").textValue());
        assertEquals(0, output.get("max_abs").doubleValue(), 1e-5);
        assertEquals(1, output.get("cosine").doubleValue(), 1e-9);
        assertTrue(output.get("nan_match").booleanValue());
        JsonNode site = report.get("sites").get(1);
        assertEquals("/model/model/layers.1/mlp/Mul", site.get("node").textValue());
        double error = site.get("error_original").doubleValue();
        assertTrue(error > 1e-8 && error < 1e-6, site.toString());
        assertTrue(site.get("error_rewritten").doubleValue() <= 2 * error + 0x1p-24, site.toString());
    }

    @Test
    void swappedProjectionsAreCaught() throws IOException {
        ModelProto.Builder model = rewritten(Exports.LLAMA).toBuilder();
        NodeProto.Builder site = site(model);
        String gate = site.getInput(1);
        site.setInput(1, site.getInput(2)).setInput(2, gate);
        assertCaught(model, site.getName(), "does not explain");
    }

    @Test
    void oneDisturbedWeightIsCaught() throws IOException {
        ModelProto.Builder model = rewritten(Exports.LLAMA).toBuilder();
        String weights = site(model).getInput(2);
        TensorProto.Builder tensor = model.getGraphBuilder().getInitializerBuilderList().stream()
                .filter(initializer -> initializer.getName().equals(weights)).findFirst().orElseThrow();
        ByteBuffer bytes = ByteBuffer.wrap(tensor.getRawData().toByteArray()).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putFloat(400, bytes.getFloat(400) + 1e-3f);
        tensor.setRawData(ByteString.copyFrom(bytes));
        assertCaught(model, site(model).getName(), "exceeds");
    }

    @Test
    void anotherAlphaIsCaught() throws IOException {
        ModelProto.Builder model = rewritten(Exports.LLAMA).toBuilder();
        NodeProto.Builder site = site(model);
        site.addAttribute(Attributes.of("alpha", 1.02f));
        assertCaught(model, site.getName(), "does not explain");
    }

    @Test
    void aWrongPortableFunctionIsCaught() throws IOException {
        ModelProto.Builder model = rewritten(Exports.LLAMA).toBuilder();
        model.getFunctionsBuilder(0).getNodeBuilderList().stream()
                .filter(node -> node.getOpType().equals("Sigmoid")).forEach(node -> node.setOpType("Tanh"));
        assertCaught(model, site(model).getName(), "exceeds");
    }

    @Test
    void anotherModelIsNotARewrite() throws IOException {
        assertEquals(4, verify(Exports.LLAMA, rewritten("llama-fp32-dynamo-op18-sdpa.onnx")));
        assertTrue(err.toString().contains("not a rewrite"), err.toString());
    }

    @Test
    void nothingIsVerifiedWhereTheOriginalCannotRun() throws IOException {
        assertEquals(6, verify(Exports.LLAMA_BF16, rewritten(Exports.LLAMA_BF16)));
        assertTrue(err.toString().contains("no bfloat16 kernel for Where") && err.toString().contains("--device cuda"),
                err.toString());
        assertFalse(out.toString().contains("Verified"), out.toString());
    }

    @Test
    void aModelWithoutSitesSaysThatOnlyOutputsWereCompared() throws IOException {
        assertEquals(0, verify(Exports.LLAMA, ModelFile.read(Exports.path(Exports.LLAMA)).proto()), err.toString());
        assertTrue(out.toString().endsWith("The second model has no rewritten site; only outputs were compared.\n"), out.toString());
    }

    @Test
    void inputsThatDoNotFitTheModelAreAUsageError() throws IOException {
        Path empty = folder.resolve("empty.npz");
        Files.write(empty, new byte[] {'P', 'K', 5, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
        assertEquals(2, verify(Exports.LLAMA, rewritten(Exports.LLAMA), "--inputs", empty.toString()));
        assertTrue(err.toString().contains("input_ids"), err.toString());
    }

    private void assertCaught(ModelProto.Builder sabotaged, String site, String reason) throws IOException {
        assertEquals(4, verify(Exports.LLAMA, sabotaged.build()), out.toString() + err);
        List<String> lines = out.toString().lines().toList();
        int row = lines.indexOf(lines.stream().filter(line -> line.startsWith("site " + site)).findFirst().orElseThrow());
        assertTrue(lines.get(row).endsWith("FAILED"), out.toString());
        assertTrue(lines.get(row + 1).contains(reason), out.toString());
    }

    private static ModelProto rewritten(String export) {
        return Rewriter.of(ModelFile.read(Exports.path(export)), Mode.AUTO).result("test").orElseThrow();
    }

    private static NodeProto.Builder site(ModelProto.Builder model) {
        return model.getGraphBuilder().getNodeBuilderList().stream()
                .filter(node -> node.getDomain().equals("dev.swiglu")).findFirst().orElseThrow();
    }

    private int verify(String original, ModelProto rewritten, String... options) throws IOException {
        Path file = folder.resolve("rewritten.onnx");
        Files.write(file, rewritten.toByteArray());
        List<String> arguments = new ArrayList<>(
                List.of("verify", Exports.path(original).toString(), file.toString(), "--portable"));
        arguments.addAll(List.of(options));
        CommandLine command = Main.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
        return command.execute(arguments.toArray(String[]::new));
    }
}
