package dev.swiglu.tools.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.ModelProto;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.ModelBuilder;
import dev.swiglu.tools.ToolException;
import dev.swiglu.tools.onnx.ModelFile;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** Exit codes, sentences, and what is in the folder afterwards. */
class CommandLineTest {
    @TempDir
    private Path folder;
    private Path model;
    private Path output;

    @BeforeEach
    void writeModel() throws IOException {
        model = Files.write(folder.resolve("model.onnx"), ModelBuilder.swiglu().build().toByteArray());
        output = folder.resolve("out.onnx");
    }

    @Test
    void rewritesAndRestores() throws IOException {
        Outcome rewrite = run("rewrite", model, output);
        assertEquals(0, rewrite.exit(), rewrite.err());
        assertTrue(rewrite.out().contains("FusedSwiGLU"), rewrite.out());

        Path restored = folder.resolve("restored.onnx");
        Outcome restore = run("restore", output, restored);
        assertEquals(0, restore.exit(), restore.err());
        assertTrue(restore.err().contains("byte for byte"), restore.err());
        assertArrayEquals(Files.readAllBytes(model), Files.readAllBytes(restored));
    }

    @Test
    void aRestoredGraphThatIsNotTheSourceFileSaysSo() throws IOException {
        assertEquals(0, run("rewrite", model, output).exit());
        ModelProto changed = ModelFile.read(output).proto().toBuilder().setProducerName("someone else").build();
        Path edited = Files.write(folder.resolve("edited.onnx"), changed.toByteArray());
        Outcome restore = run("restore", edited, folder.resolve("restored.onnx"));
        assertEquals(0, restore.exit());
        assertTrue(restore.err().contains("not byte for byte"), restore.err());
    }

    @Test
    void wrongInputsAreRefusedInOneSentence() throws IOException {
        Path text = Files.writeString(folder.resolve("notes.txt"), "This is not a model.");
        byte[] whole = Files.readAllBytes(model);
        Path cut = Files.write(folder.resolve("cut.onnx"), Arrays.copyOf(whole, whole.length - 20));
        assertRefused(ExitCode.REFUSED, cut + " is cut off or not an ONNX model.\n", "inspect", cut);
        assertRefused(ExitCode.REFUSED, text + " is not an ONNX model.\n", "inspect", text);
        Path empty = Files.createFile(folder.resolve("empty.onnx"));
        assertRefused(ExitCode.IO, "does not exist", "rewrite", folder.resolve("nowhere.onnx"), output);
        assertRefused(ExitCode.IO, "is a folder", "inspect", folder);
        assertRefused(ExitCode.REFUSED, "is not an ONNX model", "rewrite", text, output);
        assertRefused(ExitCode.REFUSED, "is not an ONNX model", "rewrite", empty, output);
        assertRefused(ExitCode.NOTHING_TO_REWRITE, "not rewritten by this tool", "restore", model, output);
    }

    @Test
    void wrongOutputsAreRefusedInOneSentence() throws IOException {
        Path existing = Files.writeString(folder.resolve("precious"), "data");
        assertRefused(ExitCode.IO, "use --force", "rewrite", model, existing);
        assertRefused(ExitCode.IO, "is the input itself", "rewrite", model, model, "--force");
        assertRefused(ExitCode.IO, "is a folder", "rewrite", model, folder, "--force");
        assertRefused(ExitCode.IO, "does not exist", "rewrite", model, folder.resolve("no/such/folder.onnx"));
        Path dangling = Files.createSymbolicLink(folder.resolve("dangling"), folder.resolve("nowhere"));
        assertRefused(ExitCode.IO, "use --force", "rewrite", model, dangling);
        assertRefused(ExitCode.IO, "not a regular file", "rewrite", model, "/dev/full", "--force");
        assertEquals("data", Files.readString(existing));
        assertEquals(0, run("rewrite", model, existing, "--force").exit());
    }

    @Test
    void wrongUsageNamesTheMistakeAndTheWayToTheHelp() throws IOException {
        assertRefused(ExitCode.USAGE, "There is no option '--modes'. Did you mean --mode?", "rewrite", model, output, "--modes");
        assertRefused(ExitCode.USAGE, "magic", "rewrite", model, output, "--mode", "magic");
        assertRefused(ExitCode.USAGE, "'magic' is not one of auto, fused, activation", "inspect", model, "--mode", "magic");
        assertRefused(ExitCode.USAGE, "'tape' is not one of link, copy, reference", "restore", model, output, "--data", "tape");
        assertRefused(ExitCode.USAGE, "the file name is empty", "inspect", "");
        assertRefused(ExitCode.USAGE, "the file name is empty", "rewrite", model, "");
        assertRefused(ExitCode.USAGE, "leave one of them out", "rewrite", model, output, "--dry-run", "--verify");
        assertRefused(ExitCode.USAGE, "OUT", "rewrite", model);
        assertRefused(ExitCode.USAGE, "There is no command 'rewritten'. Did you mean rewrite", "rewritten", model, output);
    }

    @Test
    void aReportReplacesNoFileOfItsCommandAndIsCheckedFirst() throws IOException {
        byte[] before = Files.readAllBytes(model);
        Path link = Files.createSymbolicLink(folder.resolve("link.onnx"), model);
        for (Path report : List.of(model, link, folder.resolve(".").resolve("model.onnx"))) {
            assertRefused(ExitCode.USAGE, "would replace", "inspect", model, "--report", report);
            assertRefused(ExitCode.USAGE, "would replace", "verify", folder.resolve("other"), model, "--report", report);
            assertRefused(ExitCode.USAGE, "would replace", "bench", model, "--report", report);
        }
        assertRefused(ExitCode.USAGE, "would replace", "rewrite", model, output,
                "--report", folder.resolve(".").resolve("out.onnx"));
        Path other = Files.createSymbolicLink(folder.resolve("report.json"), folder.resolve("elsewhere.json"));
        assertRefused(ExitCode.IO, "is a link", "rewrite", model, output, "--report", other);
        assertRefused(ExitCode.IO, "does not exist", "rewrite", model, output, "--report", folder.resolve("no/report.json"));
        assertRefused(ExitCode.IO, "not a regular file", "rewrite", model, output, "--report", "/dev/full");
        assertArrayEquals(before, Files.readAllBytes(model));
    }

    @Test
    void aReportDoesNotReplaceExternalData() throws IOException {
        Path weights = Files.write(folder.resolve("weights"), new byte[64]);
        Path external = Files.write(folder.resolve("external.onnx"),
                new ModelBuilder().external("W", "weights", 0, 4, 4).build().toByteArray());
        Path elsewhere = Files.createDirectory(folder.resolve("elsewhere"));
        assertRefused(ExitCode.USAGE, "would replace", "inspect", external, "--report", weights);
        assertRefused(ExitCode.USAGE, "would replace", "verify", model, external, "--report", weights);
        assertRefused(ExitCode.USAGE, "would replace", "bench", external, "--report", weights);
        assertRefused(ExitCode.USAGE, "would replace", "rewrite", external, elsewhere.resolve("out.onnx"),
                "--report", elsewhere.resolve("weights"));
        assertEquals(64, Files.size(weights));
    }

    @Test
    void nothingToRewriteWritesNothing() throws IOException {
        Path plain = Files.write(folder.resolve("plain.onnx"),
                ModelBuilder.projections().output("g", 2, 16).build().toByteArray());
        assertRefused(ExitCode.NOTHING_TO_REWRITE, "Nothing to rewrite", "rewrite", plain, output);

        Path rewritten = folder.resolve("rewritten.onnx");
        assertEquals(0, run("rewrite", model, rewritten).exit());
        assertRefused(ExitCode.NOTHING_TO_REWRITE, "rewritten already", "rewrite", rewritten, output);
        assertEquals(0, run("rewrite", rewritten, output, "--mode", "activation").exit(), "another mode is something new");
    }

    @Test
    void dryRunWritesNothing() throws IOException {
        List<Path> before = contents();
        Outcome outcome = run("rewrite", model, output, "--dry-run");
        assertEquals(0, outcome.exit(), outcome.err());
        assertTrue(outcome.out().contains("FusedSwiGLU"), outcome.out());
        assertEquals(before, contents());
    }

    @Test
    void aFailedCheckKeepsTheOutputBack() throws IOException {
        List<Path> before = contents();
        CommandLine rewrite = new CommandLine(new RewriteCommand(reports -> (original, candidate, target) -> {
            assertTrue(Files.exists(candidate), "the candidate is complete when it is checked");
            throw new ToolException(ExitCode.INACCURATE, "They differ.");
        })).setExitCodeExceptionMapper(failure -> ((ToolException) failure).exitCode().number())
                .setOut(new PrintWriter(new StringWriter())).setErr(new PrintWriter(new StringWriter()));
        assertEquals(4, rewrite.execute(model.toString(), output.toString(), "--verify"));
        assertEquals(before, contents());
        Path report = folder.resolve("report.json");
        assertEquals(4, rewrite.execute(model.toString(), output.toString(), "--verify", "--report", report.toString()));
        JsonNode written = new ObjectMapper().readTree(report.toFile());
        assertEquals(1, written.get("sites").size());
        assertFalse(written.has("output"), "none was written");
    }

    @Test
    void reportsFollowTheSchema() throws IOException {
        JsonNode inspected = new ObjectMapper().readTree(run("inspect", model, "--json").out());
        Path file = folder.resolve("report.json");
        assertEquals(0, run("rewrite", model, output, "--report", file).exit());
        JsonNode written = new ObjectMapper().readTree(file.toFile());
        for (JsonNode report : List.of(inspected, written)) {
            assertEquals(1, report.get("schema").asInt());
            assertEquals(model.toString(), report.get("model").asText());
            assertEquals("{\"fused\":1,\"activation\":0,\"left\":0}", report.get("counts").toString());
            JsonNode site = report.get("sites").get(0);
            assertEquals(List.of("node Y", "test", "MatMul, Sigmoid*x", "silu", "float32", "fused", "FusedSwiGLU"),
                    Stream.of("node", "graph", "form", "activation", "dtype", "action", "op")
                            .map(field -> site.get(field).asText()).toList());
            assertTrue(site.get("reason").isNull());
        }
    }

    private void assertRefused(ExitCode code, String part, Object... arguments) throws IOException {
        List<Path> before = contents();
        Outcome outcome = run(arguments);
        assertEquals(code.number(), outcome.exit(), outcome.err());
        assertTrue(outcome.err().contains(part), outcome.err());
        assertFalse(outcome.err().contains("\tat "), outcome.err());
        assertTrue(outcome.err().lines().count() <= 2, outcome.err());
        assertEquals(before, contents(), "nothing was written");
    }

    private List<Path> contents() throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.sorted().toList();
        }
    }

    private static Outcome run(Object... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int exit = Main.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err))
                .execute(Stream.of(arguments).map(Object::toString).toArray(String[]::new));
        return new Outcome(exit, out.toString(), err.toString());
    }

    private record Outcome(int exit, String out, String err) {
    }
}
