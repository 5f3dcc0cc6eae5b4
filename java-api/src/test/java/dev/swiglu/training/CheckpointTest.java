package dev.swiglu.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.swiglu.CheckpointException;
import dev.swiglu.Json;
import dev.swiglu.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointTest {
    private static final Checkpoint SMALL = new Checkpoint(12, 0.5f, 3, new DataPosition(-1, 4, 5),
            Map.of("w", Tensor.float16(new float[] {1, 2, 3}, 3, 1), "a \"name\"\n", Tensor.float32(new float[0], 0)),
            Map.of("moment1:w", Tensor.float32(new float[] {0.1f, -0f, Float.NaN}, 3, 1)));

    @TempDir
    private Path folder;

    @Test
    void comesBackAsItWas() throws IOException {
        Path file = folder.resolve("small.safetensors");
        Files.writeString(file, "an older one");
        SMALL.write(file);
        assertEquals(SMALL, Checkpoint.read(file));
        try (Stream<Path> left = Files.list(folder)) {
            assertEquals(1, left.count());
        }
    }

    /** Where people write other digits, JSON does not. */
    @Test
    void isTheSameInEveryLocale() {
        Locale usual = Locale.getDefault();
        try {
            Locale.setDefault(Locale.forLanguageTag("ar-EG"));
            Path file = folder.resolve("small.safetensors");
            SMALL.write(file);
            assertEquals(SMALL, Checkpoint.read(file));
        } finally {
            Locale.setDefault(usual);
        }
    }

    /** What the format's own readers expect: a length, JSON padded to 8 bytes, elements. */
    @Test
    void isSafetensors() throws IOException {
        Path file = folder.resolve("small.safetensors");
        SMALL.write(file);
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        int length = (int) bytes.getLong();
        assertEquals(0, length % 8);
        Map<?, ?> header = (Map<?, ?>) Json.parse(new String(bytes.array(), 8, length, StandardCharsets.UTF_8));
        Map<?, ?> weight = (Map<?, ?>) header.get("weight/w");
        assertEquals("F16", weight.get("dtype"));
        assertEquals(Arrays.asList(3L, 1L), weight.get("shape"));
        assertEquals("12", ((Map<?, ?>) header.get("__metadata__")).get("step"));
    }

    @Test
    void isRefusedWhenAnyByteIsMissingOrDifferent() throws IOException {
        Path file = folder.resolve("small.safetensors");
        SMALL.write(file);
        byte[] whole = Files.readAllBytes(file);
        Path damaged = folder.resolve("damaged.safetensors");
        for (int i = 0; i < whole.length; i++) {
            Files.write(damaged, Arrays.copyOf(whole, i));
            refused(damaged, "cut off after " + i + " bytes");
            byte[] flipped = whole.clone();
            flipped[i] ^= 1;
            Files.write(damaged, flipped);
            refused(damaged, "byte " + i + " changed");
        }
        Files.write(damaged, Arrays.copyOf(whole, whole.length + 1));
        refused(damaged, "one byte more");
    }

    private static void refused(Path file, String how) {
        String sentence = assertThrows(CheckpointException.class, () -> Checkpoint.read(file), how).getMessage();
        assertEquals(file + " is cut off, damaged or no checkpoint; resume from an older one.", sentence, how);
    }

    @Test
    void isRefusedByAnotherModel() throws IOException {
        Path file = folder.resolve("small.safetensors");
        SMALL.write(file);
        try (Trainer trainer = Trainer.builder(TwoMoons.plain(folder)).open()) {
            Map<String, Tensor> before = trainer.weights();
            String sentence = assertThrows(CheckpointException.class, () -> trainer.resume(file)).getMessage();
            assertTrue(sentence.startsWith(file + " is a checkpoint of another model: "), sentence);
            assertEquals(before, trainer.weights());
        }
    }

    @Test
    void leavesTheOldFileWhenItCannotBeWritten() throws IOException {
        Path missing = folder.resolve("none").resolve("small.safetensors");
        String sentence = assertThrows(UncheckedIOException.class, () -> SMALL.write(missing)).getMessage();
        assertTrue(sentence.startsWith(missing + " cannot be written: "), sentence);
    }

    @Test
    void anEpochHasEachSampleOnceInAnOrderThatOnlySeedAndEpochDecide() {
        int[] order = new DataPosition(5, 3, 0).order(1000);
        assertArrayEquals(order, new DataPosition(5, 3, 77).order(1000));
        assertTrue(!Arrays.equals(order, new DataPosition(5, 4, 0).order(1000)));
        assertArrayEquals(IntStream.range(0, 1000).toArray(), Arrays.stream(order).sorted().toArray());
        assertEquals(new DataPosition(5, 4, 0), new DataPosition(5, 3, 9).next(10));
    }
}
