package dev.swiglu.tools.publish;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.swiglu.tools.CommandRun;
import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.ModelBuilder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A model in a Hugging Face cache is a link, and so are its data: names in {@code snapshots}, contents in {@code blobs}. */
class HuggingFaceCacheTest {
    @TempDir
    private Path root;
    private Path cache;
    private Path snapshot;
    private Path blob;

    @BeforeEach
    void writeCache() throws IOException {
        cache = root.resolve("models--org--name");
        snapshot = Files.createDirectories(cache.resolve("snapshots/0123abcd/onnx"));
        Path blobs = Files.createDirectories(cache.resolve("blobs"));
        blob = Files.write(blobs.resolve("c0ffee"), new byte[512]);
        Files.write(blobs.resolve("f00d"), new ModelBuilder().input("X", 2, 8).weight("Wg", 8, 16)
                .external("Wu", "model.onnx_data", 0, 8, 16).node("MatMul", "g", "X", "Wg").node("MatMul", "u", "X", "Wu")
                .silu("g", "a").node("Mul", "Y", "a", "u").output("Y", 2, 16).build().toByteArray());
        Files.createSymbolicLink(snapshot.resolve("model.onnx"), Path.of("../../../blobs/f00d"));
        Files.createSymbolicLink(snapshot.resolve("model.onnx_data"), Path.of("../../../blobs/c0ffee"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"link", "copy"})
    void dataGoToAnotherFolder(String mode) throws IOException {
        Path out = Files.createDirectory(root.resolve("out"));
        rewrite(out, mode).succeeded();
        Path placed = out.resolve("model.onnx_data");
        assertFalse(Files.isSymbolicLink(placed));
        assertEquals(mode.equals("link"), Files.isSameFile(blob, placed));
        assertEquals(-1, Files.mismatch(blob, placed));
        CommandRun.of("inspect", out.resolve("out.onnx")).succeeded();
        Path restored = Files.createDirectory(root.resolve("back")).resolve("model.onnx");
        CommandRun.of("restore", out.resolve("out.onnx"), restored).succeeded();
        assertEquals(-1, Files.mismatch(cache.resolve("blobs/f00d"), restored));
    }

    @Test
    void aReferenceReachesTheBlobFromAboveIt() throws IOException {
        rewrite(cache, "reference").succeeded();
        CommandRun.of("inspect", cache.resolve("out.onnx")).succeeded();
        Path restored = cache.resolve("restored.onnx");
        CommandRun.of("restore", cache.resolve("out.onnx"), restored).succeeded();
        assertTrue(Files.readString(restored, StandardCharsets.ISO_8859_1).contains("blobs/c0ffee"));
    }

    /** ONNX Runtime follows links out of the folder for a model that is one itself, which the output is not. */
    @Test
    void besideTheLinksNothingIsWritten() throws IOException {
        CommandRun run = rewrite(snapshot, "link");
        assertEquals(ExitCode.REFUSED.number(), run.exit());
        assertTrue(run.err().contains("write it to another folder"), run.err());
        assertFalse(Files.exists(snapshot.resolve("out.onnx")));
    }

    private CommandRun rewrite(Path folder, String mode) {
        return CommandRun.of("rewrite", snapshot.resolve("model.onnx"), folder.resolve("out.onnx"), "--data", mode);
    }
}
