package dev.swiglu.tools.verify.inputs;

import dev.swiglu.IoReason;
import dev.swiglu.Tensor;
import dev.swiglu.TensorType;
import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.ToolException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Enumeration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/**
 * Reads what {@code numpy.savez} wrote: a zip whose entry {@code NAME.npy} holds the array NAME. An array is the magic
 * bytes, a version, the length of a header, the header as a Python dictionary, and the elements row by row.
 */
public final class NumpyArchive {

    private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
    private static final String SUFFIX = ".npy";
    private static final Pattern HEADER = Pattern.compile(
            "'descr':\\s*'([^']+)'.*'fortran_order':\\s*(True|False).*'shape':\\s*\\(([^)]*)\\)");

    private NumpyArchive() {}

    public static Map<String, Tensor> read(Path file) {
        if (!Files.isRegularFile(file)) {
            throw new ToolException(ExitCode.IO, file + " does not exist or is no file.");
        }
        Map<String, Tensor> arrays = new LinkedHashMap<>();
        try (ZipFile archive = new ZipFile(file.toFile())) {
            for (Enumeration<? extends ZipEntry> entries = archive.entries(); entries.hasMoreElements();) {
                ZipEntry entry = entries.nextElement();
                if (entry.getName().endsWith(SUFFIX)) {
                    String name = entry.getName().substring(0, entry.getName().length() - SUFFIX.length());
                    arrays.put(name, array(name, archive.getInputStream(entry).readAllBytes()));
                }
            }
            return arrays;
        } catch (ZipException e) {
            throw new ToolException(ExitCode.IO, file + " is not an .npz archive: " + e.getMessage(), e);
        } catch (IOException e) {
            throw new ToolException(ExitCode.IO, file + " cannot be read: " + IoReason.withoutFile(e) + ".", e);
        }
    }

    /** What {@code numpy.save} wrote: one array. */
    public static Tensor array(Path file) {
        try {
            return array(file.getFileName().toString(), Files.readAllBytes(file));
        } catch (IOException e) {
            throw new ToolException(ExitCode.IO, file + " cannot be read: " + IoReason.withoutFile(e) + ".", e);
        }
    }

    private static Tensor array(String name, byte[] bytes) {
        ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        if (bytes.length < MAGIC.length + 4 || !Arrays.equals(bytes, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
            throw broken(name, "it does not begin as a NumPy array");
        }
        int version = buffer.get(MAGIC.length);
        buffer.position(MAGIC.length + 2);
        int length = version == 1 ? Short.toUnsignedInt(buffer.getShort()) : buffer.getInt();
        if (length < 0 || length > buffer.remaining()) {
            throw broken(name, "its header is cut off");
        }
        Matcher header = HEADER.matcher(new String(bytes, buffer.position(), length, StandardCharsets.UTF_8));
        if (!header.find()) {
            throw broken(name, "its header cannot be understood");
        }
        if (header.group(2).equals("True")) {
            throw broken(name, "it is stored column by column; save numpy.ascontiguousarray of it");
        }
        TensorType type = NumpyType.of(header.group(1), name);
        long[] shape = Arrays.stream(header.group(3).split(",")).map(String::strip).filter(size -> !size.isEmpty())
                .mapToLong(Long::parseLong).toArray();
        buffer.position(buffer.position() + length);
        return tensor(name, type, buffer.slice(), shape);
    }

    private static Tensor tensor(String name, TensorType type, ByteBuffer elements, long[] shape) {
        try {
            return Tensor.of(type, elements, shape);
        } catch (IllegalArgumentException mismatch) {
            throw broken(name, mismatch.getMessage());
        }
    }

    private static ToolException broken(String array, String why) {
        return new ToolException(ExitCode.USAGE, "Array '" + array + "' cannot be used: " + why + ".");
    }
}
