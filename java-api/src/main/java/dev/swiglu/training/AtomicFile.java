package dev.swiglu.training;

import dev.swiglu.IoReason;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;

/**
 * Replaces a file whole or not at all: the content is written under another name in the same folder, flushed to the disk and
 * moved into place in one step, so that a power failure leaves either the old file or the new one.
 */
final class AtomicFile {
    private AtomicFile() {}

    static void write(Path target, List<ByteBuffer> content) {
        Path folder = target.toAbsolutePath().getParent();
        Path temporary = folder.resolve("." + target.getFileName() + ".tmp-" + ProcessHandle.current().pid() + "-"
                + Long.toHexString(System.nanoTime()));
        try {
            try {
                try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE,
                        StandardOpenOption.CREATE_NEW)) {
                    for (ByteBuffer part : content) {
                        while (part.hasRemaining()) {
                            channel.write(part);
                        }
                    }
                    channel.force(true);
                }
                Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
            } finally {
                Files.deleteIfExists(temporary);
            }
            try (FileChannel names = FileChannel.open(folder)) {
                names.force(true);
            }
        } catch (IOException failed) {
            throw new UncheckedIOException(target + " cannot be written: " + IoReason.withoutFile(failed) + ".", failed);
        }
    }
}
