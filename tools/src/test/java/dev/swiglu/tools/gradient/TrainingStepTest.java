package dev.swiglu.tools.gradient;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.swiglu.ModelSession;
import dev.swiglu.Tensor;
import dev.swiglu.TensorType;
import dev.swiglu.tools.CommandRun;
import dev.swiglu.tools.ModelBuilder;
import dev.swiglu.tools.onnx.Attributes;
import dev.swiglu.tools.onnx.ModelFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Training steps as a trainer runs them: initial state, outputs fed back as the metadata say, against the formulas in Java. */
class TrainingStepTest {
    private static final double RATE = 0.125;
    private static final Tensor X = Tensor.float64(new double[] {1, -2, 0.5, 3, -1, 0}, 2, 3);

    @TempDir
    private Path folder;
    private ModelSession session;
    private JsonNode training;
    private Map<String, Tensor> state;

    @AfterEach
    void close() {
        session.close();
    }

    @Test
    void sgdWithMomentumAndDecay() throws IOException {
        open(linear(DataType.DOUBLE), "--optimizer", "sgd", "--momentum", "0.9", "--weight-decay", "0.1");
        double[] w = state.get("W").doubles();
        double[] velocity = new double[w.length];
        for (int step = 1; step <= 3; step++) {
            double[] gradient = gradient(w);
            step(step, Map.of("X", X), 1);
            for (int i = 0; i < w.length; i++) {
                velocity[i] = 0.9 * velocity[i] + gradient[i] + 0.1 * w[i];
                w[i] -= RATE * velocity[i];
            }
            assertArrayEquals(w, state.get("W").doubles(), 1e-14);
        }
    }

    @Test
    void adamW() throws IOException {
        open(linear(DataType.DOUBLE), "--optimizer", "adamw", "--betas", "0.8,0.95", "--epsilon", "1e-6",
                "--weight-decay", "0.2");
        double[] w = state.get("W").doubles();
        double[] m = new double[w.length];
        double[] v = new double[w.length];
        for (int step = 1; step <= 3; step++) {
            double[] g = gradient(w);
            step(step, Map.of("X", X), 1);
            for (int i = 0; i < w.length; i++) {
                m[i] = 0.8 * m[i] + 0.2 * g[i];
                v[i] = 0.95 * v[i] + 0.05 * g[i] * g[i];
                double mean = m[i] / (1 - Math.pow(0.8, step));
                double square = v[i] / (1 - Math.pow(0.95, step));
                w[i] = w[i] * (1 - RATE * 0.2) - RATE * mean / (Math.sqrt(square) + 1e-6);
            }
            assertArrayEquals(w, state.get("W").doubles(), 1e-13);
        }
    }

    @Test
    void aGradientThatIsNotFiniteChangesNothing() throws IOException {
        open(linear(DataType.FLOAT), "--optimizer", "adamw", "--loss-scale");
        Map<String, Tensor> batch = Map.of("X", Tensor.float32(new float[] {1, -2, 0.5f, 3, -1, 0}, 2, 3));
        assertTrue(step(1, batch, 1024));
        Map<String, Tensor> before = Map.copyOf(state);
        assertEquals(false, step(2, Map.of("X", Tensor.float32(new float[] {1, Float.NaN, 0, 0, 0, 0}, 2, 3)), 1024));
        assertEquals(false, step(2, batch, Float.POSITIVE_INFINITY));
        assertEquals(before, state);
        assertTrue(step(2, batch, 1024));
        assertTrue(!before.get("W").equals(state.get("W")));
    }

    /** A change by 2^-12 is lost where a float16 weight of 1 takes it alone, and kept by the master: four of them are seen. */
    @Test
    void weightsOf16BitsAreSteppedInFloat32() throws IOException {
        ModelProto half = half(new ModelBuilder().input("X", 1, 2)
                .node("Cast", "wide", List.of("W"), Attributes.of("to", (long) DataType.FLOAT.getNumber()))
                .node("MatMul", "y", "X", "wide")
                .node("ReduceSum", "loss", List.of("y"), Attributes.of("keepdims", 0)).output("loss").build());
        open(half, "--optimizer", "sgd", "--loss-scale");
        assertEquals(TensorType.FLOAT16, state.get("W").type());
        assertEquals(TensorType.FLOAT32, state.get("master:W").type());
        float small = 1f / 4096 / (float) RATE;
        for (int step = 1; step <= 4; step++) {
            assertTrue(step(step, Map.of("X", Tensor.float32(new float[] {small, 0}, 1, 2)), 65536));
        }
        assertEquals(1 - 4f / 4096, state.get("master:W").floats()[0]);
        assertEquals(1 - 4f / 4096, state.get("W").floats()[0]);
        assertEquals(2, state.get("W").floats()[1]);
    }

    private static ModelProto half(ModelProto model) {
        ModelProto.Builder result = model.toBuilder();
        result.getGraphBuilder().addInitializerBuilder().setName("W").setDataType(DataType.FLOAT16.getNumber())
                .addDims(2).addDims(1).addInt32Data(0x3c00).addInt32Data(0x4000);
        return result.build();
    }

    /** loss = Σ (X·W)² / 2 */
    private static ModelProto linear(DataType type) {
        return new ModelBuilder(type, 17).input("X", ModelBuilder.ANY, 3).weight("W", 3, 2).scalar("half", 0.5f)
                .node("MatMul", "y", "X", "W").node("Mul", "square", "y", "y").node("Mul", "halves", "square", "half")
                .node("ReduceSum", "loss", List.of("halves"), Attributes.of("keepdims", 0)).output("loss").build();
    }

    /** Xᵀ·X·W */
    private static double[] gradient(double[] w) {
        double[] x = X.doubles();
        double[] result = new double[w.length];
        for (int row = 0; row < 2; row++) {
            for (int column = 0; column < 2; column++) {
                double y = 0;
                for (int k = 0; k < 3; k++) {
                    y += x[3 * row + k] * w[2 * k + column];
                }
                for (int k = 0; k < 3; k++) {
                    result[2 * k + column] += x[3 * row + k] * y;
                }
            }
        }
        return result;
    }

    private void open(ModelProto forward, String... options) throws IOException {
        Path model = Files.write(folder.resolve("forward.onnx"), forward.toByteArray());
        Path step = folder.resolve("step.onnx");
        CommandRun.of(Stream.of("gradient", model, step), (Object[]) options).succeeded();
        ModelProto written = ModelFile.read(step).proto();
        training = new ObjectMapper().readTree(written.getMetadataPropsList().stream()
                .filter(entry -> entry.getKey().equals(Training.KEY)).map(StringStringEntryProto::getValue)
                .findFirst().orElseThrow());
        state = initialState(written);
        session = ModelSession.builder(step).open();
    }

    private Map<String, Tensor> initialState(ModelProto step) {
        ModelProto initialization = ModelProto.newBuilder().setIrVersion(step.getIrVersion())
                .addAllOpsetImport(step.getOpsetImportList()).setGraph(step.getTrainingInfo(0).getInitialization()).build();
        try (ModelSession initial = ModelSession.builder(ByteBuffer.wrap(initialization.toByteArray()), folder)
                .withoutOperators().open()) {
            return initial.run(Map.of()).asMap();
        }
    }

    /** One step; answers whether it was taken. */
    private boolean step(long number, Map<String, Tensor> batch, float scale) {
        Map<String, Tensor> inputs = new LinkedHashMap<>(state);
        inputs.putAll(batch);
        inputs.put(named("learning_rate"), Tensor.float32(new float[] {(float) RATE}));
        inputs.put(named("step"), Tensor.int64(new long[] {number}));
        inputs.put(named("loss_scale"), Tensor.float32(new float[] {scale}));
        inputs.remove("");
        Map<String, Tensor> outputs = session.run(inputs).asMap();
        Map<String, Tensor> next = new LinkedHashMap<>();
        training.get("state").forEach(entry -> next.put(entry.get("input").asText(), outputs.get(entry.get("next").asText())));
        state = next;
        return named("finite").isEmpty() || outputs.get(named("finite")).longs()[0] == 1;
    }

    /** What the metadata call this; empty where there is none. */
    private String named(String part) {
        return training.path(part).asText();
    }
}
