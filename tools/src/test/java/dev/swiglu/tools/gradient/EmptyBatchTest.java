package dev.swiglu.tools.gradient;

import static dev.swiglu.tools.ModelBuilder.ANY;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.swiglu.ModelSession;
import dev.swiglu.Tensor;
import dev.swiglu.tools.CommandRun;
import dev.swiglu.tools.ModelBuilder;
import dev.swiglu.tools.onnx.Attributes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Where no sample counts, the gradient of a weight is 0 in each of its elements, whatever the loss of nothing is. */
class EmptyBatchTest {
    private static final Tensor ZEROS = Tensor.float32(new float[12], 3, 4);
    private static final Tensor NO_ROWS = Tensor.float32(new float[0], 0, 3);

    @TempDir
    private Path folder;

    @ParameterizedTest(name = "{0}")
    @MethodSource("losses")
    void givesZeros(String name, ModelBuilder loss, Map<String, Tensor> batch) throws IOException {
        Path model = Files.write(folder.resolve("model.onnx"), loss.output("loss").build().toByteArray());
        Path gradient = folder.resolve("gradient.onnx");
        CommandRun.of("gradient", model, gradient, "--wrt", "W").succeeded();
        try (ModelSession session = ModelSession.builder(gradient).open()) {
            assertEquals(ZEROS, session.run(batch).get("grad:W"));
        }
    }

    static Stream<Arguments> losses() {
        return Stream.of(
                Arguments.of("mean of all", linear().node("ReduceMean", "loss", List.of("y"), Attributes.of("keepdims", 0)),
                        Map.of("X", NO_ROWS)),
                Arguments.of("sum of the means of rows", linear().node("ReduceMean", "means", List.of("y"),
                        Attributes.of("axes", List.of(1L))).node("ReduceSum", "loss", List.of("means"),
                        Attributes.of("keepdims", 0)), Map.of("X", NO_ROWS)),
                Arguments.of("cross entropy, every label ignored", linear().indices("t", ANY).node("SoftmaxCrossEntropyLoss",
                        "loss", List.of("y", "t"), Attributes.of("ignore_index", 1)),
                        Map.of("X", Tensor.float32(new float[] {1, 2, 3, 4, 5, 6}, 2, 3), "t", Tensor.int64(new long[] {1, 1}, 2))));
    }

    private static ModelBuilder linear() {
        return new ModelBuilder().input("X", ANY, 3).weight("W", 3, 4).node("MatMul", "y", "X", "W");
    }
}
