package dev.swiglu;

import static dev.swiglu.ResidentModels.HEAD;
import static dev.swiglu.ResidentModels.SIDE;
import static dev.swiglu.ResidentModels.adder;
import static dev.swiglu.ResidentModels.attention;
import static dev.swiglu.ResidentModels.bindTokens;
import static dev.swiglu.ResidentModels.inputs;
import static dev.swiglu.ResidentModels.rows;
import static dev.swiglu.ResidentModels.slow;
import static dev.swiglu.TensorType.FLOAT16;
import static dev.swiglu.TensorType.FLOAT32;
import static dev.swiglu.TensorType.INT64;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** What a session with resident tensors promises on every device. */
abstract class ResidentSessionCases {
    private static final int RUNS = 10_000;

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private int openBefore;

    abstract Device device();

    /** Bytes that a leak would use up. */
    abstract long usedBytes() throws Exception;

    /** What they may grow by without one. */
    abstract long tolerance();

    @BeforeEach
    void countHandles() {
        SwiGlu.loadBridge();
        openBefore = ResidentBridge.openHandles();
    }

    @AfterEach
    void nothingStaysOpen() throws InterruptedException {
        threads.shutdownNow();
        assertTrue(threads.awaitTermination(1, TimeUnit.MINUTES));
        assertEquals(openBefore, ResidentBridge.openHandles());
    }

    private ResidentSession open(OnnxModel model) {
        return model.session().device(device()).openResident();
    }

    /** The whole graph of a small LLaMA. */
    @Test
    void givesWhatAPlainSessionGives() {
        Path exports = Path.of("..", "tools", "src", "test", "resources", "exports");
        SessionBuilder model = ModelSession.builder(exports.resolve("llama-fp32-ts-op17-past-eager.onnx"));
        try (ModelSession plain = model.open(); ResidentSession resident = model.device(device()).openResident();
                ResidentRun run = resident.newRun()) {
            assertEquals(plain.inputs(), resident.inputs());
            assertEquals(plain.outputs(), resident.outputs());
            Map<String, Tensor> inputs = inputs(plain.inputs(), Map.of("batch", 2L, "length", 3L, "past", 4L, "total", 7L));
            inputs.forEach(run::input);
            plain.outputs().forEach(output -> run.output(output.name()));
            run.run();
            plain.run(inputs).asMap().forEach((name, expected) -> {
                try (ResidentTensor result = run.take(name)) {
                    assertClose(expected, result.download(), name);
                }
            });
        }
    }

    static void assertClose(Tensor expected, Tensor actual, String what) {
        assertEquals(expected.type(), actual.type(), what);
        assertArrayEquals(expected.shape(), actual.shape(), what);
        double[] exact = expected.doubles();
        double[] given = actual.doubles();
        double largest = Arrays.stream(exact).map(Math::abs).max().orElse(0);
        for (int i = 0; i < exact.length; i++) {
            double error = Math.abs(exact[i] - given[i]);
            assertTrue(error <= 0.01 * largest, what + " differs by " + error + " at " + i);
        }
    }

    @Test
    void resultsBecomeInputsWithoutLeavingTheDevice() {
        try (ResidentSession session = open(adder()); ResidentRun run = session.newRun()) {
            ResidentTensor sum = session.allocate(FLOAT32, 1, 2);
            run.input("more", rows(1, 10)).output("sum");
            for (int i = 0; i < 5; i++) {
                run.input("x", sum).run();
                sum.close();
                sum = run.take("sum");
            }
            assertEquals(rows(5, 50), sum.download());
            run.input("x", rows(0, 0, 0, 0)).input("more", rows(1, 2, 3, 4)).run();
            try (ResidentTensor larger = run.take("sum")) {
                assertEquals(rows(1, 2, 3, 4), larger.download(), "shapes may change from run to run");
            }
            assertEquals(rows(5, 50), sum.download(), "a result is not written by later runs");
            sum.close();
        }
    }

    /** Characters of one to four bytes, the last of which are two in Java. */
    @Test
    void namesHoldAnyCharacter() {
        String in = "in-ü-√-\uD83D\uDE00";
        OnnxModel model = OnnxModel.opset(17).input(in, FLOAT32, "größe-\uD83D\uDE00").node("Neg", in + " -> \uD83D\uDE00")
                .output("\uD83D\uDE00", FLOAT32, 2);
        try (ResidentSession session = open(model); ResidentRun run = session.newRun()) {
            assertEquals(List.of(new ValueInfo(in, FLOAT32, List.of(-1L), List.of("größe-\uD83D\uDE00"))), session.inputs());
            run.input(in, Tensor.float32(new float[] {1, 2}, 2)).output("\uD83D\uDE00").run();
            try (ResidentTensor negative = run.take("\uD83D\uDE00")) {
                assertEquals(Tensor.float32(new float[] {-1, -2}, 2), negative.download());
            }
        }
    }

    @Test
    void anOutputMayBeWrittenOverItsInput() {
        try (ResidentSession session = open(adder()); ResidentRun run = session.newRun();
                ResidentTensor sum = session.upload(rows(1, 2))) {
            run.input("x", sum).input("more", sum).output("sum", sum).output("negative");
            run.run();
            run.run();
            assertEquals(rows(4, 8), sum.download());
            try (ResidentTensor same = run.take("sum"); ResidentTensor negative = run.take("negative")) {
                assertEquals(rows(4, 8), same.download());
                assertEquals(rows(-4, -8), negative.download());
            }
            run.output("sum");
            assertThrows(IllegalStateException.class, () -> run.take("sum"), "bound again, and not run since");
            run.take("negative").close();
        }
    }

    @Test
    void aCacheInPlaceGivesWhatOneThatIsCopiedGives() {
        try (ResidentSession session = open(attention());
                ResidentRun copying = session.newRun(); ResidentRun inPlace = session.newRun();
                ResidentTensor keys = session.allocate(FLOAT16, 1, 1, 8, HEAD);
                ResidentTensor values = session.allocate(FLOAT16, 1, 1, 8, HEAD)) {
            copying.output("y").output("present_key").output("present_value");
            copying.input("past_key", Tensor.float16(new float[0], 1, 1, 0, HEAD))
                    .input("past_value", Tensor.float16(new float[0], 1, 1, 0, HEAD));
            inPlace.input("past_key", keys).input("past_value", values)
                    .output("present_key", keys).output("present_value", values).output("y");
            for (int past = 0; past < 6; past = past == 0 ? 3 : past + 1) {
                int length = past == 0 ? 3 : 1;
                bindTokens(copying, past, length).run();
                bindTokens(inPlace, past, length).run();
                try (ResidentTensor expected = copying.take("y"); ResidentTensor actual = inPlace.take("y");
                        ResidentTensor presentKeys = copying.take("present_key");
                        ResidentTensor presentValues = copying.take("present_value")) {
                    assertClose(expected.download(), actual.download(), "y after " + past);
                    assertEquals(presentKeys.download(0, past + length, HEAD), keys.download(0, past + length, HEAD));
                    copying.input("past_key", presentKeys).input("past_value", presentValues);
                }
            }
        }
    }

    @Test
    void readsAndWritesParts() {
        try (ResidentSession session = open(adder()); ResidentTensor tensor = session.allocate(INT64, 3, 2)) {
            assertEquals(Tensor.int64(new long[6], 3, 2), tensor.download(), "allocated memory is zero");
            tensor.upload(Tensor.int64(new long[] {0, 1, 2, 3, 4, 5}, 3, 2));
            tensor.upload(3, Tensor.int64(new long[] {-3, -4}, 2));
            assertEquals(Tensor.int64(new long[] {-4, 5}, 1, 2), tensor.download(4, 1, 2));
            assertEquals(Tensor.int64(new long[] {2}), tensor.download(2));
            try (ResidentTensor view = tensor.view(4)) {
                tensor.close();
                assertEquals(Tensor.int64(new long[] {0, 1, 2, -3}, 4), view.download(), "a view keeps the memory");
            }
        }
    }

    @Test
    void holdsTensorsWithoutElements() {
        try (ResidentSession session = open(adder()); ResidentRun run = session.newRun();
                ResidentTensor empty = session.upload(rows())) {
            run.input("x", empty).input("more", rows()).output("sum").run();
            try (ResidentTensor sum = run.take("sum")) {
                assertEquals(rows(), sum.download());
            }
        }
    }

    @Test
    void saysWhichArgumentIsWrong() {
        try (ResidentSession session = open(adder()); ResidentRun run = session.newRun();
                ResidentTensor tensor = session.allocate(FLOAT32, 3, 2);
                ResidentTensor integers = session.allocate(INT64, 3, 2)) {
            refused("The model has no input 'mask'; its inputs are x, more.", () -> run.input("mask", tensor));
            refused("The input 'x' is int64, and the model expects float32[rows, 2].", () -> run.input("x", integers));
            refused("The input 'x' has the shape [1, 3], and the model expects float32[rows, 2].",
                    () -> run.input("x", Tensor.float32(new float[3], 1, 3)));
            refused("The model has no output 'z'; its outputs are sum, negative.", () -> run.output("z"));
            refused("The tensor for the output 'sum' is int64, and the model gives float32[rows, 2].",
                    () -> run.output("sum", integers));
            refused("The input 'more' is missing; the model expects float32[rows, 2].", () -> run.input("x", tensor).run());
            refused("No output is wanted; the model's outputs are sum, negative.", () -> run.input("more", tensor).run());
            refused(tensor + " has 6 elements, and not 4 from element 3 on.", () -> tensor.download(3, 2, 2));
            refused(tensor + " has 6 elements, and not 7 from element 0 on.", () -> tensor.view(7));
            refused("float32[1, 2] cannot become the whole of " + tensor + ".", () -> tensor.upload(rows(1, 2)));
            assertThrows(IllegalArgumentException.class, () -> session.allocate(FLOAT32, -1));
            assertThrows(IllegalStateException.class, () -> run.take("sum"), "nothing has run");
            assertThrows(IllegalStateException.class, () -> run.graph(0));
            run.output("sum", tensor).input("x", rows(1, 2)).input("more", rows(1, 2));
            assertThrows(ModelException.class, run::run, "the output has another shape");
            assertThrows(IllegalStateException.class, () -> run.take("sum"), "the run failed");
        }
    }

    private static void refused(String sentence, Executable use) {
        assertEquals(sentence, assertThrows(IllegalArgumentException.class, use).getMessage());
    }

    @Test
    void refusesWhatAPlainSessionRefuses() {
        SessionBuilder broken = OnnxModel.opset(17).input("x", FLOAT32, 1).node("NoSuchOperator", "x -> y")
                .output("y", FLOAT32, 1).session().device(device());
        assertEquals(assertThrows(ModelException.class, broken::open).getMessage(),
                assertThrows(ModelException.class, broken::openResident).getMessage());
        assertThrows(DeviceUnavailableException.class, () -> adder().session().device(Device.cuda(63)).openResident());
        assertThrows(IllegalStateException.class, () -> adder().session().cudaGraphs().openResident());
        assertThrows(IllegalStateException.class, () -> adder().session().cudaGraphs().open());
    }

    @Test
    void closesInEveryOrderFromEveryThread() throws Exception {
        for (int seed = 0; seed < 24; seed++) {
            ResidentSession session = open(adder());
            ResidentRun run = session.newRun();
            ResidentTensor input = session.upload(rows(1, 2));
            ResidentTensor view = input.view(2, 1);
            run.input("x", input).input("more", input).output("sum").run();
            ResidentTensor result = run.take("sum");
            List<AutoCloseable> order = new ArrayList<>(List.of(session, run, input, view, result));
            order.addAll(order);
            Collections.shuffle(order, new Random(seed));
            for (AutoCloseable closing : order) {
                threads.submit(() -> {
                    closing.close();
                    return null;
                }).get();
                if (closing == session) {
                    closed("The session is closed; open the model again to run it.", () -> session.allocate(FLOAT32, 1));
                    assertThrows(IllegalStateException.class, run::run);
                    assertThrows(IllegalStateException.class, session::newRun);
                } else if (closing == input) {
                    closed("The tensor is closed, and its memory given back.", input::download);
                } else if (closing == run) {
                    closed("The run is closed; ask the session for a new one.", () -> run.output("negative"));
                    assertThrows(IllegalStateException.class, () -> run.take("sum"));
                }
            }
        }
    }

    private static void closed(String sentence, Executable use) {
        assertEquals(sentence, assertThrows(IllegalStateException.class, use).getMessage());
    }

    @Test
    void tensorsOutliveTheirSession() {
        ResidentSession session = open(adder());
        ResidentRun run = session.newRun();
        run.input("x", rows(1, 2)).input("more", rows(3, 4)).output("sum").run();
        session.close();
        try (ResidentTensor sum = run.take("sum")) {
            run.close();
            assertEquals(rows(4, 6), sum.download());
        }
    }

    /** Whatever is closed under a run, the run completes or is refused, and nothing crashes. */
    @Test
    void closingRacesWithRuns() throws Exception {
        float[] threes = new float[SIDE * SIDE];
        Arrays.fill(threes, 3);
        Tensor input = Tensor.float32(threes, SIDE, SIDE);
        for (int round = 0; round < 30; round++) {
            ResidentSession session = open(slow(10));
            ResidentRun run = session.newRun();
            ResidentTensor resident = session.upload(input);
            run.input("x", resident).output("y10");
            AtomicInteger runs = new AtomicInteger();
            Future<IllegalStateException> racer = threads.submit(() -> assertThrows(IllegalStateException.class, () -> {
                while (true) {
                    run.run();
                    runs.incrementAndGet();
                    try (ResidentTensor y = run.take("y10")) {
                        assertEquals(input, y.download());
                    }
                }
            }));
            while (runs.get() < 2) {
                assertFalse(racer.isDone());
                Thread.onSpinWait();
            }
            List<AutoCloseable> closings = new ArrayList<>(List.of(session, run, resident));
            Collections.rotate(closings, round);
            for (AutoCloseable closing : closings) {
                closing.close();
            }
            racer.get();
        }
    }

    @Test
    void tenThousandRunsUseNoMoreMemory() throws Exception {
        int elements = 1 << 14;
        try (ResidentSession session = open(adder()); ResidentTensor one = session.allocate(FLOAT32, elements / 2, 2)) {
            one.upload(0, Tensor.float32(new float[] {1}, 1));
            int open = ResidentBridge.openHandles();
            long before = 0;
            for (int i = 0; i < RUNS; i++) {
                if (i == RUNS / 100) {
                    before = usedBytes();
                }
                try (ResidentRun run = session.newRun(); ResidentTensor copy = session.allocate(FLOAT32, elements / 2, 2)) {
                    run.input("x", one).input("more", copy).output("sum", copy).output("negative").run();
                    try (ResidentTensor negative = run.take("negative"); ResidentTensor view = negative.view(elements)) {
                        assertEquals(-1, view.download(0, 1).get(0));
                    }
                }
            }
            assertEquals(open, ResidentBridge.openHandles());
            long grown = usedBytes() - before;
            assertTrue(grown <= tolerance(), "grown by " + grown + " bytes");
        }
    }

    /** Each in a thread of its own; fails where one of them does. */
    final void atOnce(List<Callable<Void>> works) throws Exception {
        for (Future<Void> work : threads.invokeAll(works)) {
            work.get();
        }
    }

    @Test
    void sixteenThreadsShareASession() throws Exception {
        try (ResidentSession session = open(adder())) {
            List<Callable<Void>> all = new ArrayList<>();
            for (int thread = 0; thread < 16; thread++) {
                Tensor mine = rows(thread, 1);
                all.add(() -> {
                    try (ResidentRun run = session.newRun(); ResidentTensor sum = session.allocate(FLOAT32, 1, 2)) {
                        run.input("x", sum).input("more", mine).output("sum", sum).output("negative");
                        for (int i = 1; i <= 1000; i++) {
                            run.run();
                            try (ResidentTensor negative = run.take("negative")) {
                                assertEquals(-i, negative.download().get(0, 1));
                            }
                        }
                        assertEquals(1000 * mine.get(0, 0), sum.download().get(0, 0));
                    }
                    return null;
                });
            }
            atOnce(all);
        }
    }

    /** Each has a stream of its own on a GPU. */
    @Test
    void twoSessionsRunSideBySide() throws Exception {
        try (ResidentSession one = open(adder()); ResidentSession other = open(adder())) {
            List<Callable<Void>> both = new ArrayList<>();
            for (ResidentSession session : List.of(one, other)) {
                float step = session == one ? 1 : -2;
                both.add(() -> {
                    try (ResidentRun run = session.newRun(); ResidentTensor sum = session.allocate(FLOAT32, 1, 2)) {
                        run.input("x", sum).output("sum", sum);
                        for (int i = 1; i <= 500; i++) {
                            run.input("more", rows(step, i)).run();
                            assertEquals(rows(i * step, i * (i + 1) / 2), sum.download());
                        }
                    }
                    return null;
                });
            }
            atOnce(both);
        }
    }

    @Test
    void writesAProfile() throws Exception {
        Path folder = Files.createTempDirectory("resident");
        ResidentSession session = adder().session().device(device()).profileTo(folder.resolve("profile")).openResident();
        try (ResidentRun run = session.newRun()) {
            run.input("x", rows(1, 2)).input("more", rows(1, 2)).output("sum").run();
        }
        session.close();
        Path profile = session.endProfiling().orElseThrow();
        assertTrue(Files.readString(profile).contains("\"op_name\" : \"Add\""), "every node is in the profile");
        Files.delete(profile);
        Files.delete(folder);
    }
}
