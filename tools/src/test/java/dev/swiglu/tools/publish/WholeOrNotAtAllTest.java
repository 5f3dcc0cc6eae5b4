package dev.swiglu.tools.publish;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import ai.onnx.proto.OnnxMl.ModelProto;
import com.google.protobuf.ByteString;
import dev.swiglu.tools.ChildRun;
import dev.swiglu.tools.CommandRun;
import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.ModelBuilder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever happens to the process or the disk, the input stays as it is and the output is there whole or not at all. */
class WholeOrNotAtAllTest {
    /** How often to kill; {@code -Ddev.swiglu.kills=200} for a thorough run. */
    private static final int KILLS = Integer.getInteger("dev.swiglu.kills", 3);
    private static final int WEIGHT_BYTES = 16 << 20;

    @TempDir
    private Path root;
    private Path input;
    private Path folder;
    private Path output;

    @BeforeEach
    void writeModel() throws IOException {
        ModelProto.Builder model = ModelBuilder.swiglu().build().toBuilder();
        model.getGraphBuilder().addInitializerBuilder().setName("large").setDataType(2).addDims(WEIGHT_BYTES)
                .setRawData(ByteString.copyFrom(bytes(1)));
        model.getGraphBuilder().addInitializer(new ModelBuilder().external("W", "data", 0, 4, 4).build().getGraph().getInitializer(0));
        folder = Files.createDirectory(root.resolve("out"));
        Files.write(root.resolve("data"), new byte[64]);
        input = Files.write(root.resolve("model.onnx"), model.build().toByteArray());
        output = folder.resolve("out.onnx");
    }

    @Test
    void killedAtAnyMoment() throws Exception {
        byte[] before = Files.readAllBytes(input);
        long start = System.nanoTime();
        assertEquals(0, ChildRun.run(List.of(), "rewrite", input, output, "--data", "copy").exit());
        long duration = System.nanoTime() - start;
        byte[] whole = Files.readAllBytes(output);
        Random random = new Random(7);
        for (int i = 0; i < KILLS; i++) {
            Files.delete(output);
            Files.delete(folder.resolve("data"));
            Process process = ChildRun.start(List.of(), "rewrite", input, output, "--data", "copy");
            if (!process.waitFor((long) (random.nextDouble() * duration), TimeUnit.NANOSECONDS)) {
                process.destroyForcibly().waitFor();
            }
            assertArrayEquals(before, Files.readAllBytes(input));
            if (!Files.exists(output)) {
                assertEquals(0, CommandRun.of("rewrite", input, output, "--data", "copy").succeeded().exit());
            }
            assertArrayEquals(whole, Files.readAllBytes(output));
            assertEquals(List.of("data", "out.onnx"), contents(), "nothing of the killed one is left");
        }
    }

    @Test
    void aFullDisk() throws Exception {
        CommandRun run = ChildRun.withFileLimit(WEIGHT_BYTES / 2048, "rewrite", input, output);
        assertEquals(ExitCode.IO.number(), run.exit(), run.err());
        assertTrue(run.err().contains(output + " cannot be written"), run.err());
        assertEquals(1, run.err().lines().count(), run.err());
        assertEquals(List.of(), contents());
    }

    @Test
    void dataThatCannotFitAreNotBegun() throws IOException {
        try (SeekableByteChannel file = Files.newByteChannel(root.resolve("data"), StandardOpenOption.WRITE)) {
            file.position(8L << 40).write(ByteBuffer.allocate(1));
        }
        CommandRun run = CommandRun.of("rewrite", input, output, "--data", "copy");
        assertEquals(ExitCode.IO.number(), run.exit(), run.err());
        assertTrue(run.err().contains("MB free"), run.err());
        assertEquals(List.of(), contents());
    }

    @Test
    void aReadOnlyFolder() throws IOException {
        assertTrue(folder.toFile().setWritable(false));
        assumeFalse(Files.isWritable(folder), "the superuser writes anywhere");
        CommandRun run = CommandRun.of("rewrite", input, output);
        assertEquals(ExitCode.IO.number(), run.exit(), run.err());
        assertTrue(run.err().contains("Cannot write in " + folder), run.err());
    }

    @Test
    void twoWriters() throws Exception {
        List<Process> writers = List.of(ChildRun.start(List.of(), "rewrite", input, output, "--data", "copy"),
                ChildRun.start(List.of(), "rewrite", input, output, "--data", "copy"));
        int[] exits = {ChildRun.finished(writers.get(0)).exit(), ChildRun.finished(writers.get(1)).exit()};
        assertEquals(ExitCode.IO.number(), exits[0] + exits[1], "one writes, the other one finds that it did");
        byte[] written = Files.readAllBytes(output);
        CommandRun.of("rewrite", input, output, "--force").succeeded();
        assertArrayEquals(Files.readAllBytes(output), written);
        assertEquals(List.of("data", "out.onnx"), contents());
    }

    @Test
    void theInputIsNeverTheOutput() throws IOException {
        byte[] before = Files.readAllBytes(input);
        for (Path target : List.of(input, Files.createLink(root.resolve("hard"), input),
                Files.createSymbolicLink(root.resolve("soft"), input), root.resolve("out/../model.onnx"),
                root.resolve("data"), Files.createLink(folder.resolve("harddata"), root.resolve("data")), folder.resolve("data"),
                folder.resolve("DATA"))) {
            CommandRun run = CommandRun.of("rewrite", input, target, "--force");
            assertEquals(ExitCode.IO.number(), run.exit(), target + ": " + run.err());
            assertTrue(run.err().contains("name another output"), run.err());
        }
        assertArrayEquals(before, Files.readAllBytes(input));
        assertArrayEquals(new byte[64], Files.readAllBytes(root.resolve("data")));
    }

    /** Weights are neither parsed into memory nor copied through it. */
    @Test
    void aModelLargerThanTheMemory() throws Exception {
        List<String> small = List.of("-Xmx12m", "-XX:MaxDirectMemorySize=4m");
        CommandRun run = ChildRun.run(small, "rewrite", input, output);
        assertEquals(0, run.exit(), run.err());
        assertEquals(0, CommandRun.of("rewrite", input, folder.resolve("again.onnx")).exit());
        assertEquals(-1, Files.mismatch(output, folder.resolve("again.onnx")));
        Path restored = folder.resolve("restored.onnx");
        run = ChildRun.run(small, "restore", output, restored);
        assertTrue(run.err().contains("byte for byte"), run.err());
        assertEquals(-1, Files.mismatch(input, restored));
    }

    private List<String> contents() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    private static byte[] bytes(long seed) {
        byte[] bytes = new byte[WEIGHT_BYTES];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }
}
