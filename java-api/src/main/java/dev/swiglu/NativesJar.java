package dev.swiglu;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/** The jar that carries the operator library of the same build as these classes. */
final class NativesJar {
    private NativesJar() {}

    /** Group, artifact, version and classifier, for a sentence. */
    static String dependency() {
        Properties build = new Properties();
        try (InputStream resource = NativesJar.class.getResourceAsStream("natives-jar.properties")) {
            build.load(resource);
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
        return build.getProperty("dependency");
    }
}
