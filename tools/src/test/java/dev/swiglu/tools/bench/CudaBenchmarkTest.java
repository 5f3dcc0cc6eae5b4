package dev.swiglu.tools.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.swiglu.Device;
import dev.swiglu.tools.CommandRun;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

/** The benchmark of the large models, at toy size: everybody must compute the same. */
@Tag("gpu")
class CudaBenchmarkTest {

    @TempDir
    private Path folder;

    @Test
    void cudaGraphsAndPlainOnnxRuntimeComputeWhatDeviceResidentSessionsDo() throws IOException {
        assumeTrue(Device.best().equals(Device.cuda(0)), "ONNX Runtime can use no GPU here.");
        Path original = folder.resolve("original");
        Path rewritten = folder.resolve("rewritten");
        CommandRun.of("large", "toy", original).succeeded();
        CommandRun.of("rewrite", original, rewritten).succeeded();
        CommandRun run = CommandRun.of("bench", original, rewritten, "--device", "cuda", "--resident", "--cuda-graphs",
                "--workloads", "1x64,4x1+32,1x1+32", "--runs", "10", "--json").succeeded();
        JsonNode report = new ObjectMapper().readTree(run.out());

        List<String> compared = new ArrayList<>();
        for (JsonNode comparison : report.get("comparisons")) {
            compared.add(comparison.get("workload").textValue() + ": "
                    + String.join(" / ", comparison.findValuesAsText("runtime")));
            assertTrue(comparison.get("difference").asDouble() < 0.01, comparison.toString());
        }
        String resident = "ResidentSession / ResidentSession";
        String captured = "ResidentSession, CUDA graph / ResidentSession, CUDA graph";
        assertEquals(List.of("1x64: " + resident, "4x1 after 32: " + resident, "4x1 after 32: " + captured,
                "1x1 after 32: " + resident, "1x1 after 32: " + captured, "1x1 after 32: OrtSession / ResidentSession"), compared);
    }
}
