package dev.swiglu;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/** The shared libraries that this process has loaded, as Linux lists them. */
final class LoadedLibraries {
    private static final Path MAPPED_FILES = Path.of("/proc/self/maps");

    private LoadedLibraries() {}

    /** Where the library of this file name was loaded from, by whichever class loader; empty when it was not. */
    static Optional<Path> find(String fileName) {
        try (Stream<String> lines = Files.lines(MAPPED_FILES)) {
            return lines.filter(line -> line.endsWith("/" + fileName)).map(line -> Path.of(line.substring(line.indexOf('/'))))
                    .findFirst();
        } catch (IOException noProcessFileSystem) {
            return Optional.empty();
        }
    }
}
