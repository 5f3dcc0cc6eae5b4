package dev.swiglu.tools.generate;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.swiglu.Device;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@Tag("gpu")
class CudaTrainedModelsTest {
    private static final Device GPU = Device.cuda(0);

    @TempDir
    private Path temporary;

    @BeforeAll
    static void findGpu() {
        assumeTrue(Device.best().equals(GPU), "ONNX Runtime can use no GPU here.");
    }

    static List<String> names() {
        return TrainedModels.NAMES;
    }

    @ParameterizedTest
    @MethodSource("names")
    void rewrittenModelsWriteTheSameText(String name) throws IOException {
        TrainedModels.assertSameGreedyText(name, GPU, temporary);
    }

    @ParameterizedTest
    @MethodSource("names")
    void rewrittenModelsInFloat16PredictAsWell(String name) throws IOException {
        TrainedModels.assertSamePerplexity(name, GPU, temporary);
    }
}
