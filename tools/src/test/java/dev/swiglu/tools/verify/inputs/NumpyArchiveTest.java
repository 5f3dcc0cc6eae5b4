package dev.swiglu.tools.verify.inputs;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.swiglu.Tensor;
import dev.swiglu.TensorType;
import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.ToolException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NumpyArchiveTest {

    @TempDir
    private Path folder;

    @Test
    void readsEachElementTypeAsNumpyStoresIt() throws IOException {
        assertArrayEquals(new double[] {1.5, -2}, read("'<f4'", "(1, 2)", "0000c03f 000000c0").doubles());
        assertArrayEquals(new double[] {1.5, -2}, read("'<f2'", "(2,)", "003e 00c0").doubles());
        assertArrayEquals(new double[] {1.5}, read("'<f8'", "(1,)", "000000000000f83f").doubles());
        assertArrayEquals(new long[] {-2, 1L << 40}, read("'<i8'", "(2,)", "feffffffffffffff 0000000000010000").longs());
        assertArrayEquals(new long[] {-2}, read("'<i4'", "(1,)", "feffffff").longs());
        assertArrayEquals(new long[] {1, 0}, read("'|b1'", "(2,)", "0100").longs());
    }

    @Test
    void shapesOfEveryRankAreKept() throws IOException {
        assertArrayEquals(new long[] {}, read("'<i4'", "()", "01000000").shape());
        assertArrayEquals(new long[] {2, 0, 3}, read("'<f4'", "(2, 0, 3)", "").shape());
        assertEquals(TensorType.BOOL, read("'|b1'", "(1, 1)", "01").type());
    }

    @Test
    void whatCannotBeReadRightIsRefused() {
        assertRefused("column by column", () -> archive(header("'<f4'", "True", "(1,)"), "00000000"));
        assertRefused("NumPy type >f4", () -> archive(header("'>f4'", "False", "(1,)"), "00000000"));
        assertRefused("8 bytes", () -> archive(header("'<f4'", "False", "(2,)"), "00000000"));
        assertRefused("begin", () -> archive(new byte[20], ""));
    }

    @Test
    void aFileThatIsNoArchiveIsAnInputError() throws IOException {
        Path text = Files.writeString(folder.resolve("text.npz"), "no zip");
        ToolException failure = assertThrows(ToolException.class, () -> NumpyArchive.read(text));
        assertEquals(ExitCode.IO, failure.exitCode());
    }

    private Tensor read(String type, String shape, String hex) throws IOException {
        return NumpyArchive.read(archive(header(type, "False", shape), hex)).get("x");
    }

    private interface Archive {
        Path write() throws IOException;
    }

    private static void assertRefused(String because, Archive archive) {
        ToolException failure = assertThrows(ToolException.class, () -> NumpyArchive.read(archive.write()));
        assertEquals(ExitCode.USAGE, failure.exitCode());
        assertTrue(failure.getMessage().contains("'x'") && failure.getMessage().contains(because), failure.getMessage());
    }

    /** The bytes that numpy.save writes before the elements: version 1.0, padded so that they start at a multiple of 64. */
    private static byte[] header(String type, String fortran, String shape) {
        String dictionary = "{'descr': " + type + ", 'fortran_order': " + fortran + ", 'shape': " + shape + ", }";
        String padded = dictionary + " ".repeat(117 - dictionary.length()) + "\n";
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.writeBytes(HexFormat.of().parseHex("934e554d50590100"));
        bytes.write(padded.length());
        bytes.write(0);
        bytes.writeBytes(padded.getBytes(StandardCharsets.US_ASCII));
        return bytes.toByteArray();
    }

    private Path archive(byte[] header, String hex) throws IOException {
        Path file = folder.resolve("inputs.npz");
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
            zip.putNextEntry(new ZipEntry("x.npy"));
            zip.write(header);
            zip.write(HexFormat.of().parseHex(hex.replace(" ", "")));
        }
        return file;
    }
}
