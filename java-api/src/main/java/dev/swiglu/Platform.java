package dev.swiglu;

import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** An operating system and a processor, under the names that the build uses whatever the Java vendor calls them. */
record Platform(String system, String processor) {
    private static final Set<String> BUILT = Set.of("linux-x86_64");
    private static final Map<String, String> PROCESSORS = Map.of(
            "amd64", "x86_64", "x86-64", "x86_64", "x64", "x86_64", "arm64", "aarch64");

    static Platform current() {
        return of(System.getProperty("os.name"), System.getProperty("os.arch"));
    }

    static Platform of(String osName, String osArch) {
        String os = osName.toLowerCase(Locale.ROOT);
        String arch = osArch.toLowerCase(Locale.ROOT);
        return new Platform(system(os), PROCESSORS.getOrDefault(arch, arch));
    }

    private static String system(String os) {
        if (os.startsWith("mac") || os.startsWith("darwin")) {
            return "macos";
        }
        return os.startsWith("windows") ? "windows" : os.replace(' ', '-');
    }

    void requireBuilt() {
        if (!BUILT.contains(toString())) {
            throw new NativeLibraryException("swiglu-ort is built for " + String.join(", ", BUILT) + ", and this is " + this
                    + ". Build the library for it with CMake and name the file with -D" + SwiGlu.LIBRARY_PATH
                    + ", or run the model without the operators: it computes the same.");
        }
    }

    @Override
    public String toString() {
        return system + "-" + processor;
    }
}
