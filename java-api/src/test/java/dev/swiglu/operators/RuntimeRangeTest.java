package dev.swiglu.operators;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.onnxruntime.OrtEnvironment;
import dev.swiglu.ChildJvm;
import dev.swiglu.SwiGlu;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** One library file on the oldest, the middle and the newest ONNX Runtime, each in a process of its own. */
class RuntimeRangeTest {
    /** Runs the conformance tests that the ONNX Runtime at hand can pass, and prints its file's name. */
    static final class Conformance {
        public static void main(String[] arguments) throws Exception {
            String version = OrtEnvironment.getEnvironment().getVersion();
            List<Class<?>> tests = new ArrayList<>(List.of(OnnxNodeTest.class, SwiGluTest.class, SwiGluGradTest.class,
                    FusedSwiGluTest.class, FusedSwiGluGradTest.class, SmallestSizesTest.class, LocalFunctionTest.class,
                    UnfusedGraphTest.class, RefusedAtCreationTest.class, RefusedAtRunTest.class));
            int minor = Integer.parseInt(version.split("\\.")[1]);
            if (minor >= 24) {
                tests.add(InferredShapesTest.class);
            }
            if (minor >= 28) {
                tests.add(InferredFurtherShapesTest.class);
            }
            for (Class<?> test : tests) {
                for (Method method : test.getDeclaredMethods()) {
                    if (method.isAnnotationPresent(Test.class)) {
                        method.invoke(test.getDeclaredConstructor().newInstance());
                    }
                }
            }
            System.out.println("onnxruntime-" + version + ".jar");
        }
    }

    /** The jars of ONNX Runtime that the build puts there, one of each version. */
    static Stream<Path> runtimes() throws Exception {
        try (Stream<Path> jars = Files.list(Path.of(System.getProperty("dev.swiglu.test.runtimes")))) {
            return jars.sorted().toList().stream();
        }
    }

    @ParameterizedTest
    @MethodSource("runtimes")
    void conforms(Path jar) throws Exception {
        ChildJvm.Result result = new ChildJvm().property(SwiGlu.LIBRARY_PATH, SwiGlu.library())
                .replaceOnClassPath("onnxruntime-", jar).run(Conformance.class);
        assertEquals(0, result.exitCode(), result.errors());
        assertEquals(jar.getFileName().toString(), result.output());
    }

    @Test
    void theBuildProvidesThreeRuntimes() throws Exception {
        assertEquals(3, runtimes().count());
    }
}
