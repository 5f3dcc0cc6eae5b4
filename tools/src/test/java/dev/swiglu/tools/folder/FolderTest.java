package dev.swiglu.tools.folder;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.ModelProto;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.swiglu.ModelSession;
import dev.swiglu.SwiGlu;
import dev.swiglu.tools.CommandRun;
import dev.swiglu.tools.ModelBuilder;
import dev.swiglu.tools.verify.Exports;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FolderTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String GENAI = """
            {"model": {"decoder": {"filename": "model.onnx", "hidden_size": 64,
                "session_options": {"log_id": "genai", "provider_options": [{"cuda": {"device_id": "1"}}]}},
              "embedding": {"filename": "onnx/plain.onnx"}, "speech": {"filename": "speech.onnx"},
              "type": "llama"},
             "search": {"temperature": 1.0, "top_p": 1e-05}}
            """;

    @TempDir
    private Path place;
    private Path input;
    private Path output;

    @BeforeEach
    void aFolderAsExportersMakeThem() throws IOException {
        input = Files.createDirectories(place.resolve("in"));
        output = place.resolve("out");
        Files.createDirectories(input.resolve("onnx"));
        Files.copy(Exports.path(Exports.GENAI_LLAMA), input.resolve("model.onnx"));
        Files.write(input.resolve("onnx/plain.onnx"), ModelBuilder.projections().output("g", 2, 16).build().toByteArray());
        Files.writeString(input.resolve("tokenizer.json"), "{\"version\": 1}");
    }

    @Test
    void aGenaiFolderLoadsTheLibraryAsGenaiLooksForIt() throws IOException {
        Files.copy(Exports.path(Exports.LLAMA), input.resolve("speech.onnx"));
        Files.writeString(input.resolve("genai_config.json"), GENAI);
        Map<String, String> before = contents(input);
        CommandRun.of("rewrite", input, output, "--verify").succeeded();

        JsonNode model = JSON.readTree(output.resolve("genai_config.json").toFile()).get("model");
        JsonNode options = model.get("decoder").get("session_options");
        String library = options.get("custom_ops_library").asText();
        assertFalse(library.contains("..") || Path.of(library).isAbsolute(), library);
        Path found = output.resolve(library).toRealPath();
        assertTrue(found.startsWith(output.toRealPath()) && Files.isRegularFile(found, LinkOption.NOFOLLOW_LINKS), found.toString());
        assertArrayEquals(Files.readAllBytes(SwiGlu.library()), Files.readAllBytes(found));
        assertEquals("cuda:1", options.get("dev.swiglu.device").asText());
        assertFalse(model.get("speech").has("session_options"), "it has those of the decoder");
        assertTrue(Files.readString(output.resolve("genai_config.json")).contains("1.0"), "numbers stay as they are");
        assertEquals(before, contents(input));
        assertTrue(hasSites(output.resolve("model.onnx")) && hasSites(output.resolve("speech.onnx")));

        Path back = place.resolve("back");
        CommandRun.of("restore", output, back).succeeded();
        assertEquals(JSON.readTree(GENAI), JSON.readTree(back.resolve("genai_config.json").toFile()));
        before.remove("genai_config.json");
        Map<String, String> after = contents(back);
        after.remove("genai_config.json");
        assertEquals(before, after);
    }

    @Test
    void anotherLibraryOfGenaiIsNotReplaced() throws IOException {
        Files.writeString(input.resolve("genai_config.json"),
                GENAI.replace("\"log_id\": \"genai\"", "\"custom_ops_library\": \"other.so\""));
        CommandRun run = CommandRun.of("rewrite", input, output).succeeded();
        assertTrue(run.err().contains("has other.so as its custom_ops_library"), run.err());
        assertTrue(Files.readString(output.resolve("genai_config.json")).contains("other.so"));
        assertFalse(Files.exists(output.resolve(GenaiConfig.LIBRARY)));
    }

    @Test
    void anOptimumFolderIsRewrittenWithItsMergedDecoderAndSharedData() throws IOException {
        Files.write(input.resolve("model.onnx_data"), new byte[2 * 8 * 16 * Float.BYTES]);
        ModelProto shared = new ModelBuilder().input("X", 2, 8).external("Wg", "model.onnx_data", 0, 8, 16)
                .external("Wu", "model.onnx_data", 8 * 16 * Float.BYTES, 8, 16).node("MatMul", "g", "X", "Wg")
                .node("MatMul", "u", "X", "Wu").silu("g", "a").node("Mul", "Y", "a", "u").output("Y", 2, 16).build();
        Files.write(input.resolve("decoder_model.onnx"), shared.toByteArray());
        Files.write(input.resolve("decoder_with_past_model.onnx"), shared.toByteArray());
        ModelBuilder branch = new ModelBuilder().node("MatMul", "g", "X", "Wg").node("MatMul", "u", "X", "Wu").silu("g", "a")
                .node("Mul", "y", "a", "u").output("y", 2, 16);
        Files.write(input.resolve("decoder_model_merged.onnx"), new ModelBuilder().input("X", 2, 8).flag("use_cache_branch")
                .weight("Wg", 8, 16).weight("Wu", 8, 16).branch("Y", "use_cache_branch", branch, branch).output("Y", 2, 16)
                .build().toByteArray());
        CommandRun run = CommandRun.of("rewrite", input, output, "--json").succeeded();

        JsonNode report = JSON.readTree(run.out());
        assertEquals("{\"fused\":6,\"activation\":0,\"left\":0}", report.get("counts").toString());
        assertEquals(5, report.get("models").size());
        for (String model : new String[] {"decoder_model", "decoder_with_past_model", "decoder_model_merged"}) {
            ModelSession.builder(output.resolve(model + ".onnx")).open().close();
            assertTrue(Files.size(output.resolve(model + ".onnx")) > 0);
        }
        assertTrue(linked("model.onnx_data"), "weights are linked");
        assertFalse(linked("tokenizer.json"), "who edits the output does not edit the input");
        assertArrayEquals(Files.readAllBytes(input.resolve("onnx/plain.onnx")), Files.readAllBytes(output.resolve("onnx/plain.onnx")));
    }

    @Test
    void whatCannotBecomeWholeLeavesNothing() throws IOException {
        assertRefused(7, "a folder is never replaced", input, place, "--force");
        assertRefused(7, "which is never changed", input, input.resolve("out"));
        assertRefused(7, "does not exist", input, place.resolve("no/out"));
        assertRefused(2, "--data reference", input, output, "--data", "reference");
        assertRefused(2, "--plan is for one model", input, output, "--plan", place.resolve("plan"));
        assertRefused(2, "would replace", input, output, "--report", input.resolve("tokenizer.json"));

        Path secret = Files.writeString(place.resolve("secret"), "secret");
        Path link = Files.createSymbolicLink(input.resolve("notes.txt"), secret);
        assertRefused(5, "link out of its folder", input, output);
        Files.delete(link);
        Files.writeString(input.resolve("genai_config.json"), "[1, 2");
        assertRefused(5, "genai_config.json is not JSON", input, output);
        Files.delete(input.resolve("genai_config.json"));
        Files.writeString(input.resolve("zzz.onnx"), "This is not a model.");
        assertRefused(5, "zzz.onnx is not an ONNX model", input, output);
        Files.delete(input.resolve("zzz.onnx"));
        Files.delete(input.resolve("model.onnx"));
        assertRefused(3, "Nothing to rewrite", input, output);
    }

    @Test
    void aSnapshotOfTheHuggingFaceCacheBecomesPlainFiles() throws IOException {
        Path blobs = Files.createDirectories(place.resolve("models--a--b/blobs"));
        Path snapshot = Files.createDirectories(place.resolve("models--a--b/snapshots/1234"));
        Files.copy(Exports.path(Exports.LLAMA), blobs.resolve("abc"));
        Files.createSymbolicLink(snapshot.resolve("model.onnx"), Path.of("../../blobs/abc"));
        CommandRun.of("rewrite", snapshot, output).succeeded();
        assertTrue(Files.isRegularFile(output.resolve("model.onnx"), LinkOption.NOFOLLOW_LINKS));
        assertTrue(hasSites(output.resolve("model.onnx")));
    }

    private void assertRefused(int exit, String part, Object... arguments) throws IOException {
        Map<String, String> before = contents(place);
        CommandRun run = CommandRun.of(Stream.concat(Stream.of("rewrite"), Stream.of(arguments)).toArray());
        assertEquals(exit, run.exit(), run.err());
        assertTrue(run.err().contains(part), run.err());
        assertEquals(before, contents(place), "nothing was written");
    }

    private boolean linked(String name) throws IOException {
        return Files.getAttribute(input.resolve(name), "unix:ino").equals(Files.getAttribute(output.resolve(name), "unix:ino"));
    }

    private static boolean hasSites(Path model) throws IOException {
        return ModelProto.parseFrom(Files.readAllBytes(model)).getGraph().getNodeList().stream()
                .anyMatch(node -> node.getDomain().equals("dev.swiglu"));
    }

    private static Map<String, String> contents(Path folder) throws IOException {
        Map<String, String> contents = new TreeMap<>();
        try (Stream<Path> files = Files.walk(folder)) {
            files.forEach(file -> contents.put(folder.relativize(file).toString(), Files.isRegularFile(file) ? bytes(file) : "folder"));
        }
        return contents;
    }

    private static String bytes(Path file) {
        try {
            return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
