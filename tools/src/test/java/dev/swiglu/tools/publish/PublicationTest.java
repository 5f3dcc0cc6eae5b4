package dev.swiglu.tools.publish;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.ModelBuilder;
import dev.swiglu.tools.ToolException;
import dev.swiglu.tools.onnx.ExternalData;
import dev.swiglu.tools.onnx.ModelFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** External data follow the output, and nothing half-done is left behind. */
class PublicationTest {
    @TempDir
    private Path root;
    private Path data;
    private ModelFile source;
    private Path elsewhere;

    @BeforeEach
    void writeModelWithExternalData() throws IOException {
        Path folder = Files.createDirectories(root.resolve("models/llama"));
        elsewhere = Files.createDirectory(root.resolve("elsewhere"));
        data = Files.write(Files.createDirectory(folder.resolve("weights")).resolve("model.data"), new byte[64]);
        source = model(folder, "weights/model.data");
    }

    @Test
    void linksDataToAnotherFolder() throws IOException {
        publish(elsewhere, DataMode.LINK, PublicationCheck.NONE);
        assertTrue(Files.isSameFile(data, elsewhere.resolve("weights/model.data")));
    }

    @Test
    void copiesDataToAnotherFolder() throws IOException {
        publish(elsewhere, DataMode.COPY, PublicationCheck.NONE);
        Path copy = elsewhere.resolve("weights/model.data");
        assertFalse(Files.isSameFile(data, copy));
        assertEquals(-1, Files.mismatch(data, copy));
    }

    @Test
    void referencesDataBelowTheOutput() throws IOException {
        publish(root.resolve("models"), DataMode.REFERENCE, PublicationCheck.NONE);
        ModelFile written = ModelFile.read(root.resolve("models/out.onnx"));
        ExternalData reference = ExternalData.files(written.proto()).get("llama/weights/model.data");
        assertTrue(Files.isSameFile(data, reference.resolve(written.path())));
    }

    @Test
    void refusesAReferenceThatRuntimesWouldNotFollow() throws IOException {
        assertFails(ExitCode.USAGE, () -> publish(elsewhere, DataMode.REFERENCE, PublicationCheck.NONE));
        assertEquals(List.of(), contents(elsewhere));
    }

    @Test
    void leavesDataInTheirOwnFolderAlone() throws IOException {
        List<Path> before = contents(source.folder());
        publish(source.folder(), DataMode.COPY, PublicationCheck.NONE);
        assertEquals(before.size() + 1, contents(source.folder()).size());
    }

    @Test
    void neverReplacesTheDataOfAnotherModel() throws IOException {
        Path other = Files.writeString(Files.createDirectory(elsewhere.resolve("weights")).resolve("model.data"), "other");
        assertFails(ExitCode.IO, () -> publish(elsewhere, DataMode.COPY, PublicationCheck.NONE));
        assertEquals("other", Files.readString(other));
    }

    @Test
    void aFailedCheckTakesTheDataBack() throws IOException {
        assertFails(ExitCode.INACCURATE, () -> publish(elsewhere, DataMode.LINK, (original, candidate, target) -> {
            assertTrue(Files.exists(elsewhere.resolve("weights/model.data")), "the candidate finds its data");
            throw new ToolException(ExitCode.INACCURATE, "They differ.");
        }));
        assertEquals(List.of(), contents(elsewhere));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "/etc/passwd", "../secret", "weights/../../secret", "weights\\model.data", "."})
    void refusesLocationsOutsideOfTheModelsFolder(String location) throws IOException {
        Files.writeString(root.resolve("models/secret"), "secret");
        assertFails(ExitCode.REFUSED, () -> model(source.folder(), location));
    }

    @Test
    void refusesALinkThatLeadsOutOfTheModelsFolder() throws IOException {
        Files.createSymbolicLink(source.folder().resolve("link"), Files.writeString(root.resolve("secret"), "secret"));
        assertFails(ExitCode.REFUSED, () -> model(source.folder(), "link"));
    }

    /** As in a Hugging Face cache: model and data are links into a folder of blobs. */
    @Test
    void anOutputBesideLinkedDataIsRefusedWhereItCouldNotReadThem() throws IOException {
        Path snapshot = Files.createDirectory(root.resolve("snapshot"));
        Files.createSymbolicLink(snapshot.resolve("model.data"), source.folder().resolve("weights/model.data"));
        Path blob = model(source.folder().resolve("weights"), "model.data").path();
        source = ModelFile.read(Files.createSymbolicLink(snapshot.resolve("model.onnx"), blob));
        assertFails(ExitCode.REFUSED, () -> publish(snapshot, DataMode.LINK, PublicationCheck.NONE));
        assertFalse(Files.exists(snapshot.resolve("out.onnx")));
        publish(elsewhere, DataMode.LINK, PublicationCheck.NONE);
        assertTrue(Files.isSameFile(data, elsewhere.resolve("model.data")));
    }

    private ModelFile model(Path folder, String location) throws IOException {
        return ModelFile.read(Files.write(folder.resolve("model.onnx"),
                new ModelBuilder().external("W", location, 0, 4, 4).build().toByteArray()));
    }

    private void publish(Path folder, DataMode mode, PublicationCheck check) {
        new Publication(folder.resolve("out.onnx"), mode, false, check, note -> { }).publish(source, source.proto());
    }

    private static void assertFails(ExitCode code, Executable action) {
        assertEquals(code, assertThrows(ToolException.class, action).exitCode());
    }

    private static List<Path> contents(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.sorted().toList();
        }
    }
}
