package dev.swiglu.tools.folder;

import dev.swiglu.IoReason;
import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.ToolException;
import dev.swiglu.tools.onnx.AtomicOutput;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * A folder that appears whole or not at all: filled under another name beside its place, then moved there in one step.
 * Closing without {@link #publish}, or a program that is asked to end, leaves nothing behind.
 */
final class FolderOutput implements AutoCloseable {
    private static final int BUFFER = 1 << 20;

    private final Path target;
    private final Path temporary;
    private final Thread cleaning;

    FolderOutput(Path target) {
        requireFree(target);
        this.target = target;
        this.temporary = target.toAbsolutePath().resolveSibling("." + target.getFileName() + ".tmp-"
                + ProcessHandle.current().pid() + "-" + Long.toHexString(System.nanoTime()));
        this.cleaning = new Thread(this::remove);
        attempt(() -> Files.createDirectory(temporary));
        Runtime.getRuntime().addShutdownHook(cleaning);
    }

    /** Refuses a place that is taken, also by an earlier output: a folder is never replaced, and only an empty one filled. */
    static void requireFree(Path target) {
        Path parent = target.toAbsolutePath().getParent();
        if (parent == null || !Files.isDirectory(parent)) {
            throw new ToolException(ExitCode.IO, "The folder " + parent + " for " + target.getFileName() + " does not exist.");
        }
        if (Files.exists(target, LinkOption.NOFOLLOW_LINKS) && !isEmptyFolder(target)) {
            throw new ToolException(ExitCode.IO, target + " exists, and a folder is never replaced; name another or remove it.");
        }
    }

    private static boolean isEmptyFolder(Path target) {
        if (!Files.isDirectory(target, LinkOption.NOFOLLOW_LINKS)) {
            return false;
        }
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(target)) {
            return !entries.iterator().hasNext();
        } catch (IOException e) {
            throw new ToolException(ExitCode.IO, target + " cannot be read: " + IoReason.withoutFile(e) + ".", e);
        }
    }

    /** Where a file stands until the folder is published. */
    Path temporary(Path relative) {
        return temporary.resolve(relative);
    }

    void link(Path source, Path relative, Consumer<String> notes) {
        try {
            Files.createLink(placeFor(relative), source.toRealPath());
        } catch (IOException | UnsupportedOperationException e) {
            notes.accept("Copying " + relative + ": it cannot be hard-linked to " + target.toAbsolutePath().getParent() + ".");
            copy(source, relative);
        }
    }

    void copy(Path source, Path relative) {
        attempt(() -> {
            Path copy = placeFor(relative);
            Files.copy(source, copy, StandardCopyOption.REPLACE_EXISTING);
            try (FileChannel channel = FileChannel.open(copy)) {
                channel.force(true);
            }
        });
    }

    void write(AtomicOutput.Content content, Path relative) {
        attempt(() -> {
            Path place = placeFor(relative);
            try (FileChannel channel = FileChannel.open(place, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                OutputStream stream = new BufferedOutputStream(Channels.newOutputStream(channel), BUFFER);
                content.writeTo(stream);
                stream.flush();
                channel.force(true);
            }
        });
    }

    void publish() {
        requireFree(target);
        attempt(() -> {
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
            for (Path folder : List.of(target, target.toAbsolutePath().getParent())) {
                try (FileChannel channel = FileChannel.open(folder)) {
                    channel.force(true);
                }
            }
        });
    }

    @Override
    public void close() {
        remove();
        try {
            Runtime.getRuntime().removeShutdownHook(cleaning);
        } catch (IllegalStateException ending) {
            return;
        }
    }

    private Path placeFor(Path relative) throws IOException {
        Path place = temporary.resolve(relative);
        Files.createDirectories(place.getParent());
        return place;
    }

    private void remove() {
        if (!Files.exists(temporary, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        try (Stream<Path> entries = Files.walk(temporary)) {
            for (Path entry : entries.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(entry);
            }
        } catch (IOException | UncheckedIOException e) {
            throw new ToolException(ExitCode.IO, temporary + " cannot be removed: " + e.getMessage(), e);
        }
    }

    private void attempt(Work work) {
        try {
            work.run();
        } catch (IOException e) {
            throw new ToolException(ExitCode.IO, target + " cannot be written: " + IoReason.withoutFile(e) + ".", e);
        }
    }

    @FunctionalInterface
    private interface Work {
        void run() throws IOException;
    }
}
