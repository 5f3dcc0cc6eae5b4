package dev.swiglu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import java.util.zip.Deflater;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The GPU package as Maven has it, made of the libraries in this machine's {@code onnxruntime.native.path}. */
@Tag("gpu")
class CudaRuntimeLoaderTest {
    private static final String NATIVES = "ai/onnxruntime/native/linux-x64/";

    @TempDir
    private Path folder;

    /** Opens a session on the GPU; prints where ONNX Runtime is from and how many milliseconds this took since the process began. */
    static final class OpenOnGpu {
        public static void main(String[] arguments) {
            ModelSession.builder(ByteBuffer.wrap(CudaProbe.IDENTITY_MODEL), Path.of("").toAbsolutePath()).device(Device.cuda(0))
                    .open().close();
            Instant begun = ProcessHandle.current().info().startInstant().orElseThrow();
            System.out.println(LoadedLibraries.find("libonnxruntime_providers_cuda.so").orElseThrow());
            System.out.println(Duration.between(begun, Instant.now()).toMillis());
        }
    }

    @BeforeEach
    void requireGpu() {
        Gpu.required(0);
        assumeTrue(System.getProperty("onnxruntime.native.path") != null, "ONNX Runtime's libraries are in a folder");
    }

    private Path gpuPackage() throws IOException {
        Path jar = folder.resolve("onnxruntime_gpu.jar");
        List<Path> libraries;
        try (Stream<Path> files = Files.list(Path.of(System.getProperty("onnxruntime.native.path")))) {
            libraries = files.filter(file -> file.toString().endsWith(".so")).sorted().toList();
        }
        try (OutputStream out = Files.newOutputStream(jar); JarOutputStream written = new JarOutputStream(out)) {
            written.setLevel(Deflater.BEST_SPEED);
            for (Path library : libraries) {
                written.putNextEntry(new JarEntry(NATIVES + library.getFileName()));
                Files.copy(library, written);
            }
        }
        return jar;
    }

    @Test
    void theCudaProviderIsUnpackedOnceAndLoadedFromTheCache() throws Exception {
        Path jar = gpuPackage();
        for (String start : List.of("first", "second", "third")) {
            ChildJvm.Result result =
                    new ChildJvm().firstOnClassPath(jar).property(SwiGlu.CACHE_DIR, folder.resolve("cache")).run(OpenOnGpu.class);
            assertEquals(0, result.exitCode(), result.errors());
            String[] lines = result.output().split("\\R");
            assertTrue(Path.of(lines[0]).startsWith(folder.resolve("cache")), lines[0]);
            System.out.printf("a session on the GPU, %s start: %s ms%n", start, lines[1]);
        }
    }
}
