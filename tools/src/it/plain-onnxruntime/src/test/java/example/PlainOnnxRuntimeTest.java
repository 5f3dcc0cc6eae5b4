package example;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import dev.swiglu.ModelSession;
import dev.swiglu.SwiGlu;
import dev.swiglu.Tensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What someone writes who found swiglu-ort in a Maven repository. */
class PlainOnnxRuntimeTest {
    private static final Path MODEL = Path.of(System.getProperty("model"));
    private static final long[] TOKENS = {1, 5, 9};
    private static final long[] MASK = {1, 1, 1};

    @Test
    void theLibraryComesFromTheJarOfNatives() {
        String where = String.valueOf(SwiGlu.class.getClassLoader().getResource("dev/swiglu/natives/libswiglu_ort.so"));
        assertTrue(where.matches(".*/swiglu-ort-.*-linux-x86_64(-cuda\\d+)?\\.jar!.*"), where);
    }

    @Test
    void aSessionOfOnnxRuntimeRunsTheOperators(@TempDir Path profiles) throws Exception {
        float[] logits;
        String profile;
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        try (SessionOptions options = new SessionOptions()) {
            options.registerCustomOpLibrary(SwiGlu.library().toString());
            options.enableProfiling(profiles.resolve("run").toString());
            try (OrtSession session = environment.createSession(MODEL.toString(), options);
                    OnnxTensor tokens = OnnxTensor.createTensor(environment, new long[][] {TOKENS});
                    OnnxTensor mask = OnnxTensor.createTensor(environment, new long[][] {MASK});
                    OrtSession.Result result = session.run(Map.of("input_ids", tokens, "attention_mask", mask))) {
                logits = ((OnnxTensor) result.get("logits").orElseThrow()).getFloatBuffer().array();
                profile = Files.readString(Path.of(session.endProfiling()));
            }
        }
        assertTrue(profile.contains("\"FusedSwiGLU\""), "the operator ran, not the functions that the model carries");
        assertArrayEquals(logitsOfModelSession(), logits, 1e-5f);
    }

    private static float[] logitsOfModelSession() {
        try (ModelSession session = ModelSession.builder(MODEL).open()) {
            Tensor tokens = Tensor.int64(TOKENS, 1, TOKENS.length);
            Tensor mask = Tensor.int64(MASK, 1, MASK.length);
            return session.run(Map.of("input_ids", tokens, "attention_mask", mask)).get("logits").floats();
        }
    }
}
