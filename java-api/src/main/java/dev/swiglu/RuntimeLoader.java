package dev.swiglu;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtSession;
import java.io.IOException;
import java.net.URL;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * Loads ONNX Runtime. By itself it unpacks its libraries from its jar at each start, 0.6 GB of them in the GPU package; here
 * they are unpacked once and loaded from {@link LibraryCache}. Whatever in this package may be the first to need ONNX
 * Runtime gets it from this class.
 */
final class RuntimeLoader {
    /** Read by ONNX Runtime when it is loaded: the folder of its libraries. */
    private static final String NATIVE_PATH = "onnxruntime.native.path";
    private static final String NATIVE_PROPERTIES = "onnxruntime.native.";
    private static final String JNI_LIBRARY = "libonnxruntime4j_jni.so";
    /** The only platform that this project is built for, as ONNX Runtime calls it. */
    private static final String RESOURCE = "/ai/onnxruntime/native/linux-x64/" + JNI_LIBRARY;
    private static final String BUNDLE = "onnxruntime";

    /**
     * ONNX Runtime 1.29 matches the process's command line against a pattern when its environment is made, which takes some 260
     * bytes of stack for each character: a long class path or argument would end the process in a thread of the usual size.
     */
    private static final long STACK = 64L << 20;

    private static Optional<Path> folder;
    private static OrtEnvironment environment;

    private RuntimeLoader() {}

    static synchronized OrtEnvironment environment() {
        load();
        if (environment == null) {
            environment = CompletableFuture.supplyAsync(OrtEnvironment::getEnvironment,
                    making -> new Thread(null, making, "onnxruntime-environment", STACK).start()).join();
        }
        return environment;
    }

    static OrtSession.SessionOptions newOptions() {
        load();
        return new OrtSession.SessionOptions();
    }

    /** The folder in the cache that ONNX Runtime was loaded from; empty when it was loaded otherwise. */
    static synchronized Optional<Path> load() {
        if (folder == null) {
            folder = mayChoose() ? unpacked() : Optional.empty();
            folder.ifPresent(RuntimeLoader::loadFrom);
        }
        return folder;
    }

    private static boolean mayChoose() {
        boolean chosen = System.getProperties().stringPropertyNames().stream().anyMatch(name -> name.startsWith(NATIVE_PROPERTIES));
        return !chosen && !"false".equals(System.getProperty(SwiGlu.RUNTIME_CACHE))
                && LoadedLibraries.find(JNI_LIBRARY).isEmpty();
    }

    private static Optional<Path> unpacked() {
        URL resource = OrtEnvironment.class.getResource(RESOURCE);
        if (resource == null) {
            return Optional.empty();
        }
        try {
            Optional<LibraryBundle> found = LibraryBundle.inJar(BUNDLE, resource);
            if (found.isEmpty()) {
                return Optional.empty();
            }
            try (LibraryBundle bundle = found.get()) {
                return Optional.of(LibraryCache.unpack(bundle));
            }
        } catch (IOException failure) {
            System.getLogger(RuntimeLoader.class.getName()).log(System.Logger.Level.WARNING,
                    "ONNX Runtime unpacks its libraries again at each start, because they could not be kept unpacked. Tried "
                            + failure.getMessage() + ". Name a folder that only this user can write with -D" + SwiGlu.CACHE_DIR
                            + ", or do without with -D" + SwiGlu.RUNTIME_CACHE + "=false.");
            return Optional.empty();
        }
    }

    /**
     * The property is gone again afterwards: the JVM loads a library file for one class loader only, and ONNX Runtime in
     * another one, of another web application perhaps, would read it, too.
     */
    private static void loadFrom(Path unpacked) {
        System.setProperty(NATIVE_PATH, unpacked.toString());
        try {
            OrtEnvironment.getAvailableProviders();
        } finally {
            System.clearProperty(NATIVE_PATH);
        }
    }
}
