package dev.swiglu;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/** The jar that carries the operator library of the same build as these classes. */
final class NativesJar {
    private NativesJar() {}

    /** As Maven writes them: group, artifact, type, classifier, version. */
    static String coordinates() {
        Properties build = new Properties();
        try (InputStream resource = NativesJar.class.getResourceAsStream("natives-jar.properties")) {
            build.load(resource);
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
        return build.getProperty("coordinates");
    }
}
