package dev.swiglu.tools.verify.language;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.swiglu.Device;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

/** The same on a GPU, and all of the text. */
@Tag("gpu")
class CudaTrainedModelsTest extends TrainedModelsTest {
    private static final Device GPU = Device.cuda(0);

    @BeforeAll
    static void needsAGpu() {
        assumeTrue(Device.best().equals(GPU), "ONNX Runtime can use no GPU here.");
    }

    @Override
    Device device() {
        return GPU;
    }

    @Override
    int windows() {
        return 47;
    }
}
