package dev.swiglu;

import static dev.swiglu.TensorType.FLOAT16;
import static dev.swiglu.TensorType.FLOAT32;
import static dev.swiglu.TensorType.INT8;
import static dev.swiglu.TensorType.UINT8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OrtSession.SessionOptions.OptLevel;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SessionTest {
    private static final Tensor ROW = Tensor.float32(new float[] {1, -2}, 1, 2);

    @TempDir
    private Path folder;

    /** {@code negated = -x} and {@code doubled = x + x}. */
    private static OnnxModel twoOutputs() {
        return OnnxModel.opset(17).input("x", FLOAT32, "rows", 2)
                .node("Neg", "x -> negated").node("Add", "x x -> doubled")
                .output("negated", FLOAT32, "rows", 2).output("doubled", FLOAT32, "rows", 2);
    }

    @Test
    void runsAModelFromAFile() throws Exception {
        Path model = twoOutputs().writeTo(folder.resolve("model.onnx"));
        try (ModelSession session = ModelSession.builder(model).open()) {
            Outputs outputs = session.run(Map.of("x", ROW));
            assertEquals(List.of("negated", "doubled"), List.copyOf(outputs.asMap().keySet()));
            assertEquals(Tensor.float32(new float[] {-1, 2}, 1, 2), outputs.get("negated"));
            assertEquals(Tensor.float32(new float[] {2, -4}, 1, 2), outputs.get("doubled"));
        }
    }

    @Test
    void computesOnlyTheWantedOutputs() {
        try (ModelSession session = twoOutputs().session().open()) {
            Outputs outputs = session.run(Map.of("x", ROW), Set.of("doubled"));
            assertEquals(Set.of("doubled"), outputs.asMap().keySet());
            assertTrue(assertThrows(IllegalArgumentException.class, () -> outputs.get("negated")).getMessage().contains("doubled"));
        }
    }

    @Test
    void findsExternalDataOfAModelInMemory() throws Exception {
        ByteBuffer weights = ByteBuffer.allocate(8).order(ByteOrder.nativeOrder()).putFloat(10).putFloat(20);
        Files.write(folder.resolve("weights.bin"), weights.array());
        OnnxModel model = OnnxModel.opset(17).input("x", FLOAT32, "rows", 2).externalConstant("w", FLOAT32, "weights.bin", 2)
                .node("Mul", "x w -> y").output("y", FLOAT32, "rows", 2);
        ByteBuffer padded = ByteBuffer.allocate(model.buffer().remaining() + 3).position(3).put(model.buffer()).position(3);
        try (ModelSession session = ModelSession.builder(padded, folder).open()) {
            assertEquals(Tensor.float32(new float[] {10, -40}, 1, 2), session.run(Map.of("x", ROW)).get("y"));
        }
    }

    @Test
    void everyTypeGoesInAndComesOutUnchanged() {
        List<Tensor> samples = List.of(
                Tensor.float32(new float[] {Float.NaN, Float.MIN_VALUE, Float.NEGATIVE_INFINITY}, 3),
                Tensor.float16(new float[] {Float.NaN, 0x1p-24f, Float.NEGATIVE_INFINITY}, 3),
                Tensor.bfloat16(new float[] {Float.NaN, 0x1p-133f, Float.NEGATIVE_INFINITY}, 3),
                Tensor.float64(new double[] {Double.NaN, Double.MIN_VALUE, 1.0 / 3}, 3),
                Tensor.int64(new long[] {Long.MIN_VALUE, -1, 3}, 3), Tensor.int32(new int[] {Integer.MIN_VALUE, -1, 3}, 3),
                Tensor.of(INT8, ByteBuffer.wrap(new byte[] {-128, 0, 3}), 3),
                Tensor.of(UINT8, ByteBuffer.wrap(new byte[] {-128, 0, 3}), 3),
                Tensor.bool(new boolean[] {true, false, true}, 3));
        for (Tensor sample : samples) {
            try (ModelSession session = identity(sample.type(), "n").open()) {
                assertEquals(sample, session.run(Map.of("x", sample)).get("y"));
            }
        }
    }

    @Test
    void emptyTensorsAndScalarsPass() {
        Tensor empty = Tensor.float32(new float[0], 0);
        Tensor scalar = Tensor.float32(new float[] {5});
        try (ModelSession anyLength = identity(FLOAT32, "n").open(); ModelSession rankless = identity(FLOAT32).open()) {
            assertEquals(empty, anyLength.run(Map.of("x", empty)).get("y"));
            assertEquals(scalar, rankless.run(Map.of("x", scalar)).get("y"));
        }
    }

    private static SessionBuilder identity(TensorType type, Object... dimensions) {
        return OnnxModel.opset(17).input("x", type, dimensions).node("Identity", "x -> y").output("y", type, dimensions).session();
    }

    @Test
    void describesInputsAndOutputs() {
        OnnxModel model = OnnxModel.opset(17).input("x", FLOAT16, "batch", 4, "length").node("Cast", "x -> y", Map.of("to", 1L))
                .output("y", FLOAT32, "batch", 4, "length");
        try (ModelSession session = model.session().open()) {
            ValueInfo x = new ValueInfo("x", FLOAT16, List.of(-1L, 4L, -1L), List.of("batch", "", "length"));
            assertEquals(List.of(x), session.inputs());
            assertEquals("y float32[batch, 4, length]", session.outputs().get(0).toString());
        }
    }

    @Test
    void saysWhichArgumentIsWrong() {
        try (ModelSession session = twoOutputs().session().open()) {
            assertRefused(session, Map.of("x", ROW, "mask", ROW), "The model has no input 'mask'; its inputs are x.");
            assertRefused(session, Map.of(), "The input 'x' is missing; the model expects float32[rows, 2].");
            assertRefused(session, Map.of("x", Tensor.float16(new float[2], 1, 2)),
                    "The input 'x' is float16, and the model expects float32[rows, 2].");
            assertRefused(session, Map.of("x", Tensor.float32(new float[3], 1, 3)),
                    "The input 'x' has the shape [1, 3], and the model expects float32[rows, 2].");
            assertRefused(session, Map.of("x", Tensor.float32(new float[2], 2)),
                    "The input 'x' has the shape [2], and the model expects float32[rows, 2].");
            assertEquals("The model has no output 'z'; its outputs are negated, doubled.",
                    assertThrows(IllegalArgumentException.class, () -> session.run(Map.of("x", ROW), Set.of("z"))).getMessage());
            assertThrows(IllegalArgumentException.class, () -> session.run(Map.of("x", ROW), Set.of()));
        }
    }

    private static void assertRefused(ModelSession session, Map<String, Tensor> inputs, String sentence) {
        assertEquals(sentence, assertThrows(IllegalArgumentException.class, () -> session.run(inputs)).getMessage());
    }

    @Test
    void saysWhyAModelDoesNotOpen() throws Exception {
        Path text = Files.writeString(folder.resolve("text.onnx"), "not a model");
        assertTrue(assertThrows(ModelException.class, ModelSession.builder(text)::open).getMessage().contains("text.onnx"));
        assertTrue(assertThrows(UncheckedIOException.class, ModelSession.builder(folder)::open).getMessage().contains("not a file"));
        Path missing = folder.resolve("missing.onnx");
        assertTrue(assertThrows(UncheckedIOException.class, ModelSession.builder(missing)::open).getMessage().contains("missing.onnx"));
        assertTrue(assertThrows(ModelException.class, OnnxModel.opset(17).input("x", FLOAT32, 1).node("NoSuchOperator", "x -> y")
                .output("y", FLOAT32, 1).session()::open).getMessage().contains("NoSuchOperator"));
    }

    @Test
    void settersLeaveTheBuilderAlone() throws Exception {
        SessionBuilder plain = twoOutputs().session();
        plain.profileTo(folder.resolve("profile")).threads(1).withoutOperators().device(Device.cuda(0))
                .optimization(OptLevel.NO_OPT).config("session.intra_op.allow_spinning", "not a number");
        try (ModelSession session = plain.open()) {
            session.run(Map.of("x", ROW));
            assertEquals(Device.cpu(), session.device());
            assertTrue(session.endProfiling().isEmpty());
        }
        try (var files = Files.list(folder)) {
            assertEquals(0, files.count());
        }
    }

    @Test
    void writesAProfile() throws Exception {
        ModelSession session = twoOutputs().session().profileTo(folder.resolve("profile")).open();
        session.run(Map.of("x", ROW));
        session.close();
        Path profile = session.endProfiling().orElseThrow();
        assertTrue(profile.getFileName().toString().startsWith("profile"), profile.toString());
        assertTrue(Files.readString(profile).contains("Neg"), "every node is in the profile");
    }

    @Test
    void optimizationLevelAndConfigurationReachOnnxRuntime() throws Exception {
        SessionBuilder profiled = OnnxModel.opset(17).input("x", FLOAT32, 1).node("Identity", "x -> same").node("Neg", "same -> y")
                .output("y", FLOAT32, 1).session().profileTo(folder.resolve("profile"));
        assertFalse(nodesRun(profiled).contains("Identity"), "optimized away by default");
        assertTrue(nodesRun(profiled.optimization(OptLevel.NO_OPT)).contains("Identity"));
        assertTrue(nodesRun(profiled.config("optimization.disable_specified_optimizers", "EliminateIdentity")).contains("Identity"));
    }

    private static String nodesRun(SessionBuilder builder) throws Exception {
        ModelSession session = builder.open();
        session.run(Map.of("x", Tensor.float32(new float[] {3}, 1)));
        session.close();
        return Files.readString(session.endProfiling().orElseThrow());
    }

    @Test
    void threadsReachOnnxRuntime() throws Exception {
        int many = 17;
        twoOutputs().session().open().close();
        long before = threadsOfThisProcess();
        ModelSession crowded = twoOutputs().session().threads(many).open();
        long added = threadsOfThisProcess() - before;
        crowded.close();
        assertTrue(added >= many - 1, "the caller works too, so " + (many - 1) + " threads are added, not " + added);
    }

    private static long threadsOfThisProcess() throws Exception {
        try (var tasks = Files.list(Path.of("/proc/self/task"))) {
            return tasks.count();
        }
    }

    @Test
    void refusesAGpuThatIsNotThere() {
        DeviceUnavailableException refusal = assertThrows(DeviceUnavailableException.class,
                twoOutputs().session().device(Device.cuda(7))::open);
        assertTrue(refusal.getMessage().contains("cuda:7"), refusal.getMessage());
    }
}
