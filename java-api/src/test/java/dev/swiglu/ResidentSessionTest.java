package dev.swiglu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.onnxruntime.OrtEnvironment;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ResidentSessionTest extends ResidentSessionCases {
    private static final long KIB = 1 << 10;

    @Override
    Device device() {
        return Device.cpu();
    }

    /** The resident set. */
    @Override
    long usedBytes() throws Exception {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
            String set = lines.filter(line -> line.startsWith("VmRSS:")).findFirst().orElseThrow();
            return Long.parseLong(set.replaceAll("\\D", "")) * KIB;
        }
    }

    /** What Java's own heap may grow by, and a quarter of what the runs would leave behind if each left one tensor. */
    @Override
    long tolerance() {
        return 160 << 20;
    }

    /** Runs the cases on the ONNX Runtime at hand, leaves a session open, and prints the runtime's file name. */
    static final class OnOtherRuntime {
        public static void main(String[] arguments) throws Exception {
            for (Method method : ResidentSessionCases.class.getDeclaredMethods()) {
                if (method.isAnnotationPresent(Test.class)) {
                    ResidentSessionTest test = new ResidentSessionTest();
                    test.countHandles();
                    method.invoke(test);
                    test.nothingStaysOpen();
                }
            }
            ResidentModels.adder().session().openResident().newRun();
            System.out.println("onnxruntime-" + OrtEnvironment.getEnvironment().getVersion() + ".jar");
        }
    }

    /** Opens a model of many inputs, and has one closed session refuse. */
    static final class ManyInputs {
        public static void main(String[] arguments) {
            OnnxModel model = OnnxModel.opset(17).node("Identity", "x0 -> y").output("y", TensorType.FLOAT32, 1);
            for (int i = 0; i < 100; i++) {
                model.input("x" + i, TensorType.FLOAT32, 1);
            }
            ResidentSession session = model.session().openResident();
            session.close();
            assertThrows(IllegalStateException.class, session::newRun);
            System.out.println(session.inputs().size());
        }
    }

    /** Java's own check of native code prints its complaints, such as local references that pile up. */
    @Test
    void javaHasNoComplaint() throws Exception {
        ChildJvm.Result result = new ChildJvm().property(SwiGlu.LIBRARY_PATH, SwiGlu.library())
                .environment("JAVA_TOOL_OPTIONS", "-Xcheck:jni").run(ManyInputs.class);
        assertEquals("100", result.output(), result.errors());
    }

    static Stream<Path> runtimes() throws Exception {
        try (Stream<Path> jars = Files.list(Path.of(System.getProperty("dev.swiglu.test.runtimes")))) {
            return jars.sorted().toList().stream();
        }
    }

    @ParameterizedTest
    @MethodSource("runtimes")
    void everyRuntimeKeepsThePromises(Path jar) throws Exception {
        ChildJvm.Result result = new ChildJvm().property(SwiGlu.LIBRARY_PATH, SwiGlu.library())
                .replaceOnClassPath("onnxruntime-", jar).run(OnOtherRuntime.class);
        assertEquals(0, result.exitCode(), result.errors());
        assertEquals(jar.getFileName().toString(), result.output());
    }
}
