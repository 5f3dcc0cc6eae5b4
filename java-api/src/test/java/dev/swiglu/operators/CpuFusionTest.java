package dev.swiglu.operators;

import static dev.swiglu.operators.LocalFunctionTest.assertComputes;
import static dev.swiglu.operators.LocalFunctionTest.graph;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.swiglu.ModelSession;
import dev.swiglu.NativeLibraryException;
import dev.swiglu.OnnxModel;
import dev.swiglu.SessionBuilder;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who computes FusedSwiGLU on the CPU; a function that returns the negative tells which one ran. */
class CpuFusionTest {

    @Test
    void aModelCanRecommendItsFunction(@TempDir Path folder) throws IOException {
        OnnxModel recommending = graph(true).metadata(SessionBuilder.CPU_FUSION, "function");
        assertComputes(-1, recommending.session());
        assertComputes(-1, ModelSession.builder(recommending.writeTo(folder.resolve("model.onnx"))));
    }

    @Test
    void theCallerKnowsBetter() {
        OnnxModel recommending = graph(true).metadata(SessionBuilder.CPU_FUSION, "function");
        assertComputes(1, recommending.session().config(SessionBuilder.CPU_FUSION, "kernel"));
        assertComputes(-1, graph(true).session().config(SessionBuilder.CPU_FUSION, "function"));
    }

    @Test
    void whatIsNeitherKernelNorFunctionIsRefused() {
        SessionBuilder misspelt = graph(false).session().config(SessionBuilder.CPU_FUSION, "functoin");
        NativeLibraryException refusal = assertThrows(NativeLibraryException.class, misspelt::open);
        assertTrue(refusal.getMessage().contains("session configuration entry dev.swiglu.cpu_fusion must be kernel or function"),
                refusal.getMessage());
    }
}
