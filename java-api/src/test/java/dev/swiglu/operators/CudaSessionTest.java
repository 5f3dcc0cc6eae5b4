package dev.swiglu.operators;

import static dev.swiglu.TensorType.BFLOAT16;
import static dev.swiglu.TensorType.FLOAT16;
import static dev.swiglu.TensorType.FLOAT32;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtSession;
import dev.swiglu.Device;
import dev.swiglu.Gpu;
import dev.swiglu.ModelSession;
import dev.swiglu.OnnxModel;
import dev.swiglu.SessionBuilder;
import dev.swiglu.SwiGlu;
import dev.swiglu.Tensor;
import dev.swiglu.TensorType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who computes a node in a session on a GPU, and many sessions and threads at once. */
class CudaSessionTest extends OnGpu {
    private static final Set<String> CUDA = Set.of("CUDAExecutionProvider");
    private static final int RUNS = 20;
    private static final int K = 512;
    private static final int N = 1408;

    @TempDir
    private Path folder;

    private final EightThreads threads = new EightThreads();

    @AfterEach
    void stopThreads() {
        threads.close();
    }

    private Set<String> providers(String operator, SessionBuilder model, Map<String, Tensor> inputs) throws Exception {
        ModelSession session = model.profileTo(folder.resolve("profile")).open();
        session.run(inputs);
        session.close();
        Path profile = session.endProfiling().orElseThrow();
        Set<String> providers = Gpu.providersOf(operator, profile);
        Files.delete(profile);
        return providers;
    }

    @Test
    void whatHasACudaKernelRunsOnTheGpu() throws Exception {
        for (TensorType type : List.of(FLOAT32, FLOAT16, BFLOAT16)) {
            OneNode fused = new FusedCase(type, 64, 128, 3).forward();
            OneNode fusedGradient = new FusedCase(type, 64, 128, 3).gradient();
            GatedCase gated = GatedCase.separate(type, Map.of(), 3, 128);
            assertEquals(CUDA, providers("FusedSwiGLU", fused.session(), fused.graphInputs()), fused.toString());
            assertEquals(CUDA, providers("FusedSwiGLUGrad", fusedGradient.session(), fusedGradient.graphInputs()),
                    fusedGradient.toString());
            assertEquals(CUDA, providers("SwiGLU", gated.forward().session(), gated.forward().graphInputs()), gated.toString());
            assertEquals(CUDA, providers("SwiGLUGrad", gated.gradient().session(), gated.gradient().graphInputs()),
                    gated.toString());
        }
    }

    /** What is recommended for the CPU says nothing here; the function would give the negative. */
    @Test
    void theKernelGoesBeforeTheFunctionWhateverIsRecommendedForTheCpu() throws Exception {
        FusedCase inputs = new FusedCase(FLOAT32, 5, 7, 3).bias("b_up");
        OnnxModel model = LocalFunctionTest.graph(true).metadata(SessionBuilder.CPU_FUSION, "function");
        SessionBuilder onGpu = model.session().device(Gpu.required(0));
        Map<String, Tensor> x = Map.of("X", inputs.input("X"));
        assertEquals(CUDA, providers("FusedSwiGLU", onGpu, x));
        try (ModelSession session = onGpu.open()) {
            double error = inputs.exactForward().get("Y").relativeError(session.run(x).get("Y"));
            assertTrue(error <= 0.01, "error " + error);
        }
    }

    /** Options that know nothing of {@link SessionBuilder}. */
    @Test
    void aSessionOfTheCallersOwnUsesTheGpu() throws Exception {
        Path model = LocalFunctionTest.graph(true).writeTo(folder.resolve("model.onnx"));
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.addCUDA(0);
            options.enableProfiling(folder.resolve("profile").toString());
            SwiGlu.register(options);
            try (OrtSession session = environment.createSession(model.toString(), options);
                    OnnxTensor input = OnnxTensor.createTensor(environment, new float[][] {{1, 2, 3, 4, 5}})) {
                session.run(Map.of("X", input)).close();
                assertEquals(CUDA, Gpu.providersOf("FusedSwiGLU", Path.of(session.endProfiling())));
            }
        }
    }

    private static OneNode node(TensorType type, int rows) {
        return new FusedCase(type, K, N, rows).biases().forward().constant("W_gate").constant("W_up");
    }

    private static void assertRepeats(ModelSession session, OneNode node, Map<String, Tensor> expected) {
        for (int run = 0; run < RUNS; run++) {
            assertEquals(expected, session.run(node.graphInputs()).asMap());
        }
    }

    @Test
    void threadsShareASession() throws Exception {
        for (TensorType type : List.of(FLOAT32, FLOAT16, BFLOAT16)) {
            for (int rows : new int[] {1, 17, 300}) {
                OneNode node = node(type, rows);
                Map<String, Tensor> expected = node.run();
                try (ModelSession session = node.session().open()) {
                    threads.all(() -> {
                        assertRepeats(session, node, expected);
                        return null;
                    });
                }
            }
        }
    }

    /** The gradient borrows memory from the session's arena, which all runs of the session share. */
    @Test
    void threadsShareASessionOfTheGradient() throws Exception {
        for (TensorType type : List.of(FLOAT32, FLOAT16, BFLOAT16)) {
            for (FusedCase inputs : List.of(new FusedCase(type, K, N, 130), new FusedCase(type, K, N, 300).biases())) {
                OneNode node = inputs.gradient().wanting("dX", "dW_gate", "dW_up").constant("W_gate").constant("W_up");
                Map<String, Tensor> expected = node.run();
                try (ModelSession session = node.session().open()) {
                    threads.all(() -> {
                        assertRepeats(session, node, expected);
                        return null;
                    });
                }
            }
        }
    }

    @Test
    void everyThreadHasASession() throws Exception {
        for (TensorType type : List.of(FLOAT32, FLOAT16, BFLOAT16)) {
            OneNode node = node(type, 130);
            Map<String, Tensor> expected = node.run();
            threads.all(() -> {
                try (ModelSession session = node.session().open()) {
                    assertRepeats(session, node, expected);
                }
                return null;
            });
        }
    }

    /** One thread goes from one GPU to the other; the GPUs being of one kind, the results are the same to the bit. */
    @Test
    void twoGpus() throws Exception {
        Device second = Gpu.required(1);
        for (TensorType type : List.of(FLOAT32, FLOAT16, BFLOAT16)) {
            OneNode node = node(type, 130);
            Map<String, Tensor> expected = node.run();
            try (ModelSession onFirst = node.session().open(); ModelSession onSecond = node.session().device(second).open()) {
                threads.all(() -> {
                    for (int run = 0; run < RUNS; run++) {
                        assertEquals(expected, onFirst.run(node.graphInputs()).asMap());
                        assertEquals(expected, onSecond.run(node.graphInputs()).asMap());
                    }
                    return null;
                });
            }
        }
    }
}
