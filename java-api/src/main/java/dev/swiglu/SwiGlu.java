package dev.swiglu;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.file.Path;

/**
 * The fused SwiGLU operators of the ONNX domain {@code dev.swiglu}, as a library that ONNX Runtime loads.
 *
 * <p>{@link ModelSession} registers them by itself; {@link #register} is for code that builds its own sessions, and
 * {@link #library} for other runtimes that take a custom operator library by its path.
 *
 * <p>The library's file is found once per process, in this order:
 * <ol>
 * <li>the file that the property {@value #LIBRARY_PATH} names; when it is set, nothing else is tried;
 * <li>the library carried in this jar, unpacked to {@code <checksum>/libswiglu_ort.so} below the absolute folder that the
 *     property {@value #CACHE_DIR} names; when it is set, no other folder is tried;
 * <li>the same below {@code $XDG_CACHE_HOME/swiglu-ort}, or {@code ~/.cache/swiglu-ort} where the variable is not set;
 * <li>the same below {@code swiglu-ort-<user number>} in {@code java.io.tmpdir}, for users without a writable home.
 * </ol>
 * An unpacked file is compared with the jar byte for byte before each use and replaced when it differs. Its folder is
 * readable for its owner only, and a folder in which other users could exchange the file is not used.
 */
public final class SwiGlu {
    /** Property: use exactly this library file. */
    public static final String LIBRARY_PATH = "dev.swiglu.library.path";
    /** Property: unpack the library below this folder. */
    public static final String CACHE_DIR = "dev.swiglu.cache.dir";

    private static Path library;
    private static OrtSession.SessionOptions pin;

    private SwiGlu() {}

    /**
     * The operator library's file.
     *
     * @throws NativeLibraryException with everything that was tried
     */
    public static synchronized Path library() {
        if (library == null) {
            library = NativeLibrary.locate();
        }
        return library;
    }

    /**
     * Registers the operators for sessions made with these options.
     *
     * @throws NativeLibraryException when the library is not found or this ONNX Runtime does not accept it
     */
    public static void register(OrtSession.SessionOptions options) {
        keepLoaded();
        registerIn(options);
    }

    /** Makes {@link ResidentBridge} usable: registering hands the library ONNX Runtime's interface, loading hands it Java's. */
    static synchronized void loadBridge() {
        keepLoaded();
        try {
            System.load(library().toString());
        } catch (UnsatisfiedLinkError refused) {
            throw new NativeLibraryException("Java does not accept the operator library " + library() + ": " + refused.getMessage()
                    + ".", refused);
        }
    }

    /**
     * Closing options unloads the libraries registered in them, under the feet of a session that is still running. Options
     * that are never closed hold the library in memory, so the order in which callers close theirs does not matter.
     */
    private static synchronized void keepLoaded() {
        if (pin != null) {
            return;
        }
        OrtSession.SessionOptions candidate = new OrtSession.SessionOptions();
        try {
            registerIn(candidate);
            pin = candidate;
        } finally {
            if (pin == null) {
                candidate.close();
            }
        }
    }

    private static void registerIn(OrtSession.SessionOptions options) {
        Path file = library();
        try {
            options.registerCustomOpLibrary(file.toString());
        } catch (OrtException refused) {
            String reason = refused.getMessage();
            String advice = reason.contains("failed to map segment")
                    ? " Its folder forbids execution: name another one with -D" + CACHE_DIR + "." : "";
            throw new NativeLibraryException("ONNX Runtime does not accept the operator library " + file + ": " + reason + "."
                    + advice, refused);
        }
    }
}
