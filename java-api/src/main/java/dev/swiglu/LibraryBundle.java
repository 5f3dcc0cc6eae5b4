package dev.swiglu;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.net.JarURLConnection;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.jar.JarFile;

/** Libraries that belong together: all that a jar carries in one folder. Open until their contents are read. */
final class LibraryBundle implements Closeable {
    private static final int CHECKSUM_DIGITS = 16;

    private final String name;
    private final List<CarriedLibrary> libraries;
    private final Closeable source;

    private LibraryBundle(String name, List<CarriedLibrary> libraries, Closeable source) {
        this.name = name;
        this.libraries = libraries.stream().sorted(Comparator.comparing(CarriedLibrary::fileName)).toList();
        this.source = source;
    }

    /** The library at {@code url} and all beside it; empty when that is not in a jar. */
    static Optional<LibraryBundle> inJar(String name, URL url) throws IOException {
        if (!(url.openConnection() instanceof JarURLConnection connection)) {
            return Optional.empty();
        }
        // a cached one would be open for good; the JDK shares the table of contents with the class loader's either way
        connection.setUseCaches(false);
        String folder = connection.getEntryName().substring(0, connection.getEntryName().lastIndexOf('/') + 1);
        JarFile jar = connection.getJarFile();
        List<CarriedLibrary> found = jar.stream()
                .filter(entry -> !entry.isDirectory() && entry.getName().startsWith(folder)
                        && entry.getName().indexOf('/', folder.length()) < 0)
                .map(entry -> CarriedLibrary.in(jar, entry)).toList();
        return Optional.of(new LibraryBundle(name, found, jar));
    }

    /** One library, wherever its class loader has it from. */
    static LibraryBundle of(String name, URL url) throws IOException {
        String path = url.getPath();
        try (InputStream resource = url.openStream()) {
            CarriedLibrary library = CarriedLibrary.of(path.substring(path.lastIndexOf('/') + 1), resource.readAllBytes());
            return new LibraryBundle(name, List.of(library), () -> {});
        }
    }

    List<CarriedLibrary> libraries() {
        return libraries;
    }

    /** The same for the same libraries and for no others: a digest over their names, sizes and checksums. */
    String folderName() {
        StringBuilder contents = new StringBuilder();
        libraries.forEach(library -> contents.append(library.fileName()).append(' ').append(library.size()).append(' ')
                .append(library.checksum()).append('\n'));
        return name + "-" + digest(contents.toString()).substring(0, CHECKSUM_DIGITS);
    }

    private static String digest(String text) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException impossible) {
            throw new AssertionError("every Java platform has SHA-256", impossible);
        }
    }

    @Override
    public void close() throws IOException {
        source.close();
    }
}
