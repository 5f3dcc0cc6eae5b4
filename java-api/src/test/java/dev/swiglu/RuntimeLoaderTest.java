package dev.swiglu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OrtEnvironment;
import java.io.File;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each case is a process of its own, because a process loads ONNX Runtime once. */
class RuntimeLoaderTest {
    private static final String RUNTIME = "libonnxruntime.so";

    @TempDir
    private Path folder;

    /** Does one thing that needs ONNX Runtime, and prints which file of it was loaded. */
    static final class First {
        public static void main(String[] arguments) throws Exception {
            switch (arguments[0]) {
                case "prepare" -> {
                    SwiGlu.prepareRuntime();
                    open();
                }
                case "session" -> open();
                case "device" -> Device.best();
                case "tensor" -> Tensor.float32(new float[1], 1).toOnnx().close();
                case "application" -> {
                    OrtEnvironment.getEnvironment();
                    SwiGlu.prepareRuntime().ifPresent(unexpected -> System.out.println(unexpected));
                    open();
                }
                default -> throw new IllegalArgumentException(arguments[0]);
            }
            System.out.println(LoadedLibraries.find(RUNTIME).orElseThrow());
        }

        private static void open() {
            ModelSession.builder(ByteBuffer.wrap(CudaProbe.IDENTITY_MODEL), Path.of("").toAbsolutePath())
                    .withoutOperators().open().close();
        }
    }

    /** Loads ONNX Runtime from the cache, and then in a class loader that shares no class with the first. */
    static final class TwoClassLoaders {
        public static void main(String[] arguments) throws Exception {
            System.out.println(SwiGlu.prepareRuntime().orElseThrow());
            List<URL> classPath = new ArrayList<>();
            for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
                classPath.add(Path.of(entry).toUri().toURL());
            }
            try (URLClassLoader loader = new URLClassLoader(classPath.toArray(URL[]::new), ClassLoader.getPlatformClassLoader())) {
                loader.loadClass(SwiGlu.class.getName()).getMethod("prepareRuntime").invoke(null);
                loader.loadClass(OrtEnvironment.class.getName()).getMethod("getEnvironment").invoke(null);
            }
        }
    }

    private ChildJvm.Result run(ChildJvm child, String first) throws Exception {
        ChildJvm.Result result = child.run(First.class, first);
        assertEquals(0, result.exitCode(), result.errors());
        return result;
    }

    private Path loaded(ChildJvm child, String first) throws Exception {
        return Path.of(run(child, first).output());
    }

    private ChildJvm cached() {
        return new ChildJvm().property(SwiGlu.CACHE_DIR, folder.resolve("cache"));
    }

    private boolean isCached(Path library) {
        return library.startsWith(folder.resolve("cache"));
    }

    @Test
    void whateverComesFirstLoadsFromTheCache() throws Exception {
        Path library = loaded(cached(), "prepare");
        assertTrue(isCached(library), library.toString());
        Object written = Files.getAttribute(library, "unix:ino");
        for (String first : List.of("session", "device", "tensor", "prepare")) {
            assertEquals(library, loaded(cached(), first), first);
        }
        assertEquals(written, Files.getAttribute(library, "unix:ino"), "unpacked once");
    }

    @Test
    void aLongCommandLineDoesNotEndTheProcess() throws Exception {
        ChildJvm.Result result = cached().run(First.class, "session", "x".repeat(100_000));
        assertEquals(0, result.exitCode(), result.errors());
    }

    @Test
    void theOldestRuntimeLoadsFromTheCache() throws Exception {
        Path oldest;
        try (Stream<Path> runtimes = Files.list(Path.of(System.getProperty("dev.swiglu.test.runtimes")))) {
            oldest = runtimes.filter(jar -> jar.getFileName().toString().startsWith("onnxruntime-1.22")).findFirst().orElseThrow();
        }
        Path newest = loaded(cached(), "session");
        Path library = loaded(cached().replaceOnClassPath("onnxruntime-", oldest), "session");
        assertTrue(isCached(library) && !library.equals(newest), library + " and " + newest);
    }

    @Test
    void staysAwayWhereTheApplicationHasChosen() throws Exception {
        assertFalse(isCached(loaded(cached(), "application")), "it loaded ONNX Runtime before");
        assertFalse(isCached(loaded(cached().property(SwiGlu.RUNTIME_CACHE, "false"), "session")), "it wants no cache");
        Path mine = loaded(new ChildJvm().property(SwiGlu.CACHE_DIR, folder.resolve("mine")), "prepare").getParent();
        Path library = loaded(cached().property("onnxruntime.native.path", mine), "session");
        assertEquals(mine, library.getParent(), "it names the folder");
        assertFalse(Files.exists(folder.resolve("cache")), "nothing was unpacked");
    }

    @Test
    void onnxRuntimeUnpacksByItselfWhereNothingCanBeKept() throws Exception {
        Path notAFolder = Files.createFile(folder.resolve("cache"));
        ChildJvm.Result result = run(new ChildJvm().property(SwiGlu.CACHE_DIR, notAFolder), "prepare");
        assertTrue(result.output().contains("onnxruntime-java"), result.output());
        assertTrue(result.errors().contains("ONNX Runtime unpacks its libraries again at each start"), result.errors());
        assertTrue(result.errors().contains(notAFolder + " (-D" + SwiGlu.CACHE_DIR + "): "), result.errors());
    }

    @Test
    void anotherClassLoaderCanLoadItsOwn() throws Exception {
        ChildJvm.Result result = cached().run(TwoClassLoaders.class);
        assertEquals(0, result.exitCode(), result.errors());
        assertTrue(isCached(Path.of(result.output())), result.output());
    }
}
