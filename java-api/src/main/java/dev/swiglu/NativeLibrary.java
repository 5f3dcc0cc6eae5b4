package dev.swiglu;

import java.io.IOException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Finds the operator library's file, in the order that {@link SwiGlu} documents. */
final class NativeLibrary {
    static final String FILE_NAME = "libswiglu_ort.so";
    private static final String BUNDLE = "operators";
    private static final String RESOURCE = "dev/swiglu/natives/" + FILE_NAME;

    private NativeLibrary() {}

    static Path locate() {
        String override = System.getProperty(SwiGlu.LIBRARY_PATH);
        return override == null ? unpack() : exactly(override);
    }

    private static Path exactly(String override) {
        Path file = Path.of(override).toAbsolutePath();
        if (!Files.isRegularFile(file) || !Files.isReadable(file)) {
            throw new NativeLibraryException("The property " + SwiGlu.LIBRARY_PATH + " names " + file
                    + ", which is not a readable file. No other place is tried while the property is set.");
        }
        return file;
    }

    private static Path unpack() {
        Platform.current().requireBuilt();
        try (LibraryBundle bundle = carried()) {
            return LibraryCache.unpack(bundle).resolve(FILE_NAME);
        } catch (IOException failure) {
            throw new NativeLibraryException("The operator library could not be unpacked. Tried " + failure.getMessage()
                    + ". Name a folder that only this user can write with -D" + SwiGlu.CACHE_DIR
                    + ", or a library file with -D" + SwiGlu.LIBRARY_PATH + ".", failure);
        }
    }

    private static LibraryBundle carried() {
        // On a module path a class finds what its own jar has, its loader what any jar has.
        URL resource = NativeLibrary.class.getClassLoader().getResource(RESOURCE);
        if (resource == null) {
            throw new NativeLibraryException("The operator library is in a jar of its own, which is not on the class path. Add the "
                    + "dependency " + NativesJar.dependency() + ", or name the library's file with -D" + SwiGlu.LIBRARY_PATH + ".");
        }
        try {
            Optional<LibraryBundle> jar = LibraryBundle.inJar(BUNDLE, resource);
            return jar.isPresent() ? jar.get() : LibraryBundle.of(BUNDLE, resource);
        } catch (IOException unreadable) {
            throw new NativeLibraryException("The operator library could not be read from the jar: "
                    + unreadable.getMessage() + ".", unreadable);
        }
    }
}
