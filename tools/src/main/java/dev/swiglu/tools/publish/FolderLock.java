package dev.swiglu.tools.publish;

import dev.swiglu.IoReason;
import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.ToolException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * Lets one writer at a time publish in a folder, so that none takes back the data that another one relies on; the others
 * wait. The operating system holds the lock, so it ends with its process, however that ends.
 */
final class FolderLock implements AutoCloseable {
    private static final String NAME = ".swiglu.lock";
    private static final int PAUSE_MILLIS = 20;

    private final Path file;
    private final FileChannel channel;
    private final Thread atInterrupt = new Thread(this::remove);

    private FolderLock(Path file, FileChannel channel) {
        this.file = file;
        this.channel = channel;
        Runtime.getRuntime().addShutdownHook(atInterrupt);
    }

    /** @param notes is told when another writer has to be waited for */
    static FolderLock of(Path folder, Consumer<String> notes) {
        Path file = folder.resolve(NAME);
        try {
            for (boolean waiting = false; true; waiting = true) {
                FileChannel channel = tryLock(file);
                if (channel != null) {
                    return new FolderLock(file, channel);
                }
                if (!waiting) {
                    notes.accept("Waiting for another writer in " + folder + ".");
                }
                Thread.sleep(PAUSE_MILLIS);
            }
        } catch (IOException e) {
            throw new ToolException(ExitCode.IO, "Cannot write in " + folder + ": " + IoReason.withoutFile(e) + ".", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ToolException(ExitCode.IO, "Interrupted while waiting for another writer in " + folder + ".", e);
        }
    }

    /** The lock's file goes with the lock. One who opened it before that finds another under its name, or none. */
    @Override
    public void close() {
        try (channel) {
            remove();
            Runtime.getRuntime().removeShutdownHook(atInterrupt);
        } catch (IllegalStateException e) {
            // the hook is running, or has run
        } catch (IOException e) {
            throw failed(e);
        }
    }

    private void remove() {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw failed(e);
        }
    }

    private ToolException failed(IOException e) {
        return new ToolException(ExitCode.IO, file + " cannot be removed: " + IoReason.withoutFile(e) + ".", e);
    }

    private static FileChannel tryLock(Path file) throws IOException {
        FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            if (channel.tryLock() != null && isUnder(file, channel)) {
                return channel;
            }
        } catch (OverlappingFileLockException e) {
            // another thread of this process has it
        } catch (IOException e) {
            channel.close();
            throw e;
        }
        channel.close();
        return null;
    }

    /** Whether what was locked is still the file of this name. */
    private static boolean isUnder(Path file, FileChannel channel) throws IOException {
        String mark = UUID.randomUUID().toString();
        channel.truncate(0).write(ByteBuffer.wrap(mark.getBytes()));
        try {
            return Files.readString(file).equals(mark);
        } catch (NoSuchFileException e) {
            return false;
        }
    }
}
