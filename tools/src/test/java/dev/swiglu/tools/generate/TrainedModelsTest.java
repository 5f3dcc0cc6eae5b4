package dev.swiglu.tools.generate;

import dev.swiglu.Device;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class TrainedModelsTest {
    @TempDir
    private Path temporary;

    static List<String> names() {
        return TrainedModels.NAMES;
    }

    @ParameterizedTest
    @MethodSource("names")
    void rewrittenModelsWriteTheSameText(String name) throws IOException {
        TrainedModels.assertSameGreedyText(name, Device.cpu(), temporary);
    }

    @ParameterizedTest
    @MethodSource("names")
    void rewrittenModelsInFloat16PredictAsWell(String name) throws IOException {
        TrainedModels.assertSamePerplexity(name, Device.cpu(), temporary);
    }
}
