package dev.swiglu.tools.gradient;

import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.swiglu.ModelSession;
import dev.swiglu.Tensor;
import dev.swiglu.tools.CommandRun;
import dev.swiglu.tools.ModelBuilder;
import dev.swiglu.tools.onnx.ModelFile;
import dev.swiglu.tools.verify.exact.WidenedModel;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** In float16, against float64, the gradients of a fused block are at least about as close as those of its parts. */
class HalfPrecisionTest {
    private static final int ROWS = 32;
    private static final int HIDDEN = 64;
    private static final int INNER = 96;

    @TempDir
    private Path folder;

    @Test
    void fusedGradientsAreAsCloseToFloat64() throws IOException {
        ModelBuilder block = new ModelBuilder(DataType.FLOAT16, 17).input("X", ROWS, HIDDEN).weight("Wg", HIDDEN, INNER)
                .weight("Wu", HIDDEN, INNER).weight("Wd", INNER, HIDDEN).node("MatMul", "g", "X", "Wg")
                .node("MatMul", "u", "X", "Wu").silu("g", "a").node("Mul", "h", "a", "u").node("MatMul", "Y", "h", "Wd")
                .output("Y", ROWS, HIDDEN);
        Path unfused = Files.write(folder.resolve("unfused.onnx"), block.build().toByteArray());
        Path fused = folder.resolve("fused.onnx");
        CommandRun.of("rewrite", unfused, fused).succeeded();
        Map<String, Tensor> inputs = Map.of("X", drawn(ROWS, HIDDEN), "grad_Y", drawn(ROWS, HIDDEN));

        ModelProto inParts = gradient(unfused);
        Map<String, Tensor> exact = run(WidenedModel.of(inParts).model(), WidenedModel.inputs(inputs));
        Map<String, Tensor> parts = run(inParts, inputs);
        Map<String, Tensor> whole = run(gradient(fused), inputs);
        for (String name : new String[] {"grad:X", "grad:Wg", "grad:Wu", "grad:Wd"}) {
            double allowed = 2 * error(parts.get(name), exact.get(name));
            double error = error(whole.get(name), exact.get(name));
            assertTrue(allowed > 0 && error <= allowed, name + ": " + error + ", allowed " + allowed);
        }
    }

    private ModelProto gradient(Path model) {
        Path output = folder.resolve("gradient.onnx");
        CommandRun.of("gradient", model, output, "--wrt", "X,Wg,Wu,Wd", "--force").succeeded();
        return ModelFile.read(output).proto();
    }

    private Map<String, Tensor> run(ModelProto model, Map<String, Tensor> inputs) {
        try (ModelSession session = ModelSession.builder(ByteBuffer.wrap(model.toByteArray()), folder).open()) {
            return session.run(inputs).asMap();
        }
    }

    private static double error(Tensor actual, Tensor exact) {
        double[] values = actual.doubles();
        double[] expected = exact.doubles();
        double difference = 0;
        double norm = 0;
        for (int i = 0; i < expected.length; i++) {
            difference += Math.pow(values[i] - expected[i], 2);
            norm += Math.pow(expected[i], 2);
        }
        return Math.sqrt(difference / norm);
    }

    private static Tensor drawn(int rows, int columns) {
        Random random = new Random(5);
        float[] values = new float[rows * columns];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (random.nextGaussian() / Math.sqrt(HIDDEN));
        }
        return Tensor.float16(values, rows, columns);
    }
}
