package dev.swiglu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtSession;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RegistrationTest {

    @TempDir
    private Path folder;

    /** Closes the options that registered the operators, then prints whether the library is still in memory. */
    static final class CloseOptions {
        public static void main(String[] arguments) throws Exception {
            OrtEnvironment.getEnvironment();
            try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
                SwiGlu.register(options);
            }
            String mapped = Files.readString(Path.of("/proc/self/maps"));
            System.out.println(mapped.contains(SwiGlu.library().toString()) ? "loaded" : "unloaded");
        }
    }

    @Test
    void theLibraryStaysLoadedWhenACallerClosesItsOptionsEarly() throws Exception {
        ChildJvm.Result result = new ChildJvm().property(SwiGlu.CACHE_DIR, folder).run(CloseOptions.class);
        assertEquals(0, result.exitCode(), result.errors());
        assertEquals("loaded", result.output());
    }

    @Test
    void aFileThatIsNoLibraryIsRefusedWithItsName() throws Exception {
        Path text = Files.writeString(folder.resolve("text.so"), "not a library");
        ChildJvm.Result result = new ChildJvm().property(SwiGlu.LIBRARY_PATH, text).run(CloseOptions.class);
        assertEquals(1, result.exitCode(), result.errors());
        assertTrue(result.errors().contains(NativeLibraryException.class.getName() + ": ONNX Runtime does not accept the operator library "
                + text), result.errors());
    }
}
