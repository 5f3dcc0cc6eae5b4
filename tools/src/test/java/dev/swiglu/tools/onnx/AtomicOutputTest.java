package dev.swiglu.tools.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.ToolException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The target appears whole, or the folder is as it was. */
class AtomicOutputTest {
    @TempDir
    private Path folder;

    @Test
    void appearsOnlyWhenPublished() throws IOException {
        Path target = folder.resolve("out");
        try (AtomicOutput output = AtomicOutput.open(target, false)) {
            output.write(stream -> stream.write("whole".getBytes()));
            assertFalse(Files.exists(target));
            output.publish();
        }
        assertEquals("whole", Files.readString(target));
        assertEquals(List.of(target), contents());
    }

    @Test
    void leavesNothingBehindWhenWritingFails() throws IOException {
        ToolException failure = assertThrows(ToolException.class, () -> {
            try (AtomicOutput output = AtomicOutput.open(folder.resolve("out"), false)) {
                output.write(stream -> {
                    stream.write(new byte[1 << 21]);
                    throw new IOException("No space left on device");
                });
            }
        });
        assertEquals(ExitCode.IO, failure.exitCode());
        assertEquals(List.of(), contents());
    }

    @Test
    void anotherWriterIsNotOverwritten() throws IOException {
        Path target = folder.resolve("out");
        try (AtomicOutput output = AtomicOutput.open(target, false)) {
            output.write(stream -> stream.write(1));
            Files.writeString(target, "first");
            assertThrows(ToolException.class, output::publish);
        }
        assertEquals("first", Files.readString(target));
        assertEquals(List.of(target), contents());
    }

    private List<Path> contents() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.toList();
        }
    }
}
