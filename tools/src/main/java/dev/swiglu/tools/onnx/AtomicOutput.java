package dev.swiglu.tools.onnx;

import dev.swiglu.IoReason;
import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.ToolException;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * A file that appears whole or not at all: written under another name in the same folder, flushed to the disk, then moved
 * into place in one step. Closing without {@link #publish} leaves nothing behind.
 */
public final class AtomicOutput implements AutoCloseable {
    private static final int BUFFER = 1 << 20;

    private final Path target;
    private final Path temporary;
    private final boolean overwrite;

    private AtomicOutput(Path target, Path temporary, boolean overwrite) {
        this.target = target;
        this.temporary = temporary;
        this.overwrite = overwrite;
    }

    /** Prepares to write {@code target}; refuses what {@link #requireFree} does, and a folder that takes no file. */
    public static AtomicOutput open(Path target, boolean overwrite) {
        requireFree(target, overwrite);
        Path folder = target.toAbsolutePath().getParent();
        if (!Files.isDirectory(folder)) {
            throw new ToolException(ExitCode.IO, "The folder " + folder + " for " + target.getFileName() + " does not exist.");
        }
        try {
            Path temporary = Files.createFile(folder.resolve(temporaryName(target)));
            temporary.toFile().deleteOnExit();
            return new AtomicOutput(target, temporary, overwrite);
        } catch (IOException e) {
            throw new ToolException(ExitCode.IO, "Cannot write in " + folder + ": " + IoReason.withoutFile(e) + ".", e);
        }
    }

    /**
     * Refuses a target that is no file, or exists and {@code overwrite} is false. Even then a device, pipe or socket stays:
     * moving a file over its name would take it away from every other program. A link counts as existing wherever it leads.
     */
    public static void requireFree(Path target, boolean overwrite) {
        if (Files.isDirectory(target)) {
            throw new ToolException(ExitCode.IO, target + " is a folder; name a file to write.");
        }
        if (Files.exists(target) && !Files.isRegularFile(target)) {
            throw new ToolException(ExitCode.IO, target + " is not a regular file and is never replaced; name a file to write.");
        }
        if (!overwrite && Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
            throw new ToolException(ExitCode.IO, target + " exists; use --force to replace it.");
        }
    }

    /** Where the content stands until it is published. */
    public Path temporary() {
        return temporary;
    }

    /** Writes behind what was written before. */
    public void write(Content content) {
        fill(channel -> {
            OutputStream stream = new BufferedOutputStream(Channels.newOutputStream(channel), BUFFER);
            content.writeTo(stream);
            stream.flush();
        });
    }

    /** Writes what is in {@code source}; the bytes do not pass through this process. */
    public void copy(Path source) {
        fill(channel -> {
            try (FileChannel from = FileChannel.open(source)) {
                long size = from.size();
                for (long done = 0; done < size;) {
                    long more = from.transferTo(done, size - done, channel);
                    if (more <= 0) {
                        throw new IOException(source + " became shorter while it was copied");
                    }
                    done += more;
                }
            }
        });
    }

    private void fill(Filling filling) {
        try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.APPEND)) {
            filling.fill(channel);
            channel.force(true);
        } catch (IOException e) {
            throw new ToolException(ExitCode.IO, target + " cannot be written: " + IoReason.withoutFile(e) + ".", e);
        }
    }

    public void publish() {
        requireFree(target, overwrite);
        try {
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
            flushFolder();
        } catch (IOException e) {
            throw new ToolException(ExitCode.IO, target + " cannot be written: " + IoReason.withoutFile(e) + ".", e);
        }
    }

    @Override
    public void close() {
        try {
            Files.deleteIfExists(temporary);
        } catch (IOException e) {
            throw new ToolException(ExitCode.IO, temporary + " cannot be removed: " + IoReason.withoutFile(e) + ".", e);
        }
    }

    /** Removes what writers of {@code target} left when they were killed; for one who knows that no other is at work. */
    public static void removeLeftovers(Path target) {
        Path folder = target.toAbsolutePath().getParent();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder,
                file -> file.getFileName().toString().startsWith(temporaryPrefix(target)))) {
            for (Path file : files) {
                Files.deleteIfExists(file);
            }
        } catch (IOException | DirectoryIteratorException e) {
            throw new ToolException(ExitCode.IO, "Cannot write in " + folder + ": " + e.getMessage() + ".", e);
        }
    }

    /** Not Files.createTempFile: its files are readable by their owner alone, and the output would inherit that. */
    private static String temporaryName(Path target) {
        return temporaryPrefix(target) + ProcessHandle.current().pid() + "-" + Long.toHexString(System.nanoTime());
    }

    private static String temporaryPrefix(Path target) {
        return "." + target.getFileName() + ".tmp-";
    }

    /** A rename survives a power failure only when the folder, too, is on the disk. */
    private void flushFolder() throws IOException {
        try (FileChannel folder = FileChannel.open(target.toAbsolutePath().getParent())) {
            folder.force(true);
        }
    }

    /** Writes a file, or a part of it. */
    @FunctionalInterface
    public interface Content {
        void writeTo(OutputStream stream) throws IOException;
    }

    private interface Filling {
        void fill(FileChannel channel) throws IOException;
    }
}
