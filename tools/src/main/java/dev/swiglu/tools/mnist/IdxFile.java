package dev.swiglu.tools.mnist;

import dev.swiglu.IoReason;
import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.ToolException;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;

/**
 * An array of unsigned bytes in the IDX format, in which MNIST is published: two zeros, the element type, the number of
 * dimensions, each dimension as a big-endian int, the elements. Files whose name ends in {@code .gz} are unpacked.
 */
record IdxFile(int[] shape, byte[] elements) {
    private static final int UNSIGNED_BYTE = 0x08;
    private static final int MOST_DIMENSIONS = 4;

    static IdxFile read(Path file) {
        boolean packed = file.toString().endsWith(".gz");
        try (InputStream bytes = new BufferedInputStream(Files.newInputStream(file));
                DataInputStream data = new DataInputStream(packed ? new GZIPInputStream(bytes) : bytes)) {
            int zeros = data.readUnsignedShort();
            int type = data.readUnsignedByte();
            int rank = data.readUnsignedByte();
            if (zeros != 0 || type != UNSIGNED_BYTE || rank < 1 || rank > MOST_DIMENSIONS) {
                throw refused(file, "is not an IDX file of bytes");
            }
            int[] shape = new int[rank];
            long size = 1;
            for (int i = 0; i < rank; i++) {
                shape[i] = data.readInt();
                size = shape[i] < 0 ? Long.MAX_VALUE : Math.multiplyExact(size, shape[i]);
            }
            byte[] elements = data.readNBytes(Math.toIntExact(size));
            if (elements.length < size || data.read() >= 0) {
                throw refused(file, "does not hold the " + size + " elements that it promises");
            }
            return new IdxFile(shape, elements);
        } catch (EOFException | ArithmeticException e) {
            throw refused(file, "is cut off or not an IDX file");
        } catch (IOException e) {
            throw new ToolException(ExitCode.IO, file + " cannot be read: " + IoReason.withoutFile(e) + ".", e);
        }
    }

    private static ToolException refused(Path file, String why) {
        return new ToolException(ExitCode.REFUSED, file + " " + why + "; unpack the data again.");
    }
}
