package dev.swiglu.tools.doctor;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * The machine as far as the doctor looks at it. What is missing or unreadable is empty, never an error: that something is
 * not there is what the doctor wants to know.
 *
 * @param root where the file system starts
 */
public record Host(Path root, Map<String, String> environment, Commands commands) {
    private static final int COMMAND_SECONDS = 10;

    /** Runs a program. */
    @FunctionalInterface
    public interface Commands {
        /** What the program printed; empty when it is not there, fails or does not end. */
        Optional<String> output(List<String> command);
    }

    public static Host current() {
        return new Host(Path.of("/"), System.getenv(), Host::run);
    }

    /** A file's text; {@code path} is relative to the root. */
    Optional<String> text(String path) {
        try {
            return Optional.of(Files.readString(root.resolve(path)));
        } catch (IOException absent) {
            return Optional.empty();
        }
    }

    /** A folder's entries in alphabetical order, below its real name; {@code path} is relative to the root. */
    List<Path> entries(String path) {
        try (Stream<Path> entries = Files.list(root.resolve(path).toRealPath())) {
            return entries.sorted().toList();
        } catch (IOException absent) {
            return List.of();
        }
    }

    private static Optional<String> run(List<String> command) {
        try {
            Path printed = Files.createTempFile("doctor", ".txt");
            try {
                Process process = new ProcessBuilder(command).redirectOutput(printed.toFile())
                        .redirectError(ProcessBuilder.Redirect.DISCARD).start();
                boolean ended = process.waitFor(COMMAND_SECONDS, TimeUnit.SECONDS);
                process.destroyForcibly();
                return ended && process.exitValue() == 0
                        ? Optional.of(Files.readString(printed, StandardCharsets.UTF_8)) : Optional.empty();
            } finally {
                Files.delete(printed);
            }
        } catch (IOException absent) {
            return Optional.empty();
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }
}
