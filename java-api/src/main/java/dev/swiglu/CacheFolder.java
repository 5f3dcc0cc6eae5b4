package dev.swiglu;

import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;

/** The folder below which {@link SwiGlu} unpacks the operator library, for other libraries that this one lets unpack theirs. */
public final class CacheFolder {
    private CacheFolder() {}

    /** The first one in which other users could not exchange files; made where it is missing. */
    public static Optional<Path> find() {
        for (CacheRoot root : CacheRoot.candidates()) {
            try {
                return Optional.of(LibraryCache.trusted(root.path()));
            } catch (IOException | InvalidPathException | SecurityException unusable) {
                continue;
            }
        }
        return Optional.empty();
    }
}
