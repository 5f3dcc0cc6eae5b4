package dev.swiglu;

import static dev.swiglu.ResidentModels.HEAD;
import static dev.swiglu.ResidentModels.attention;
import static dev.swiglu.ResidentModels.bindTokens;
import static dev.swiglu.ResidentModels.random;
import static dev.swiglu.TensorType.FLOAT16;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The promises on a GPU, and what only a GPU has: graphs, streams, and others of its kind. */
@Tag("gpu")
class CudaResidentSessionTest extends ResidentSessionCases {
    private static final int WIDTH = 256;

    @BeforeAll
    static void requireGpu() {
        Gpu.required(0);
    }

    @Override
    Device device() {
        return Device.cuda(0);
    }

    @Override
    long usedBytes() throws Exception {
        return ResidentBridge.usedMemory(0);
    }

    /** Less than one percent of what the runs would leave behind if each left one tensor. */
    @Override
    long tolerance() {
        return 4 << 20;
    }

    /** A fused feed-forward block. */
    private static OnnxModel block() {
        return OnnxModel.opset(17).using("dev.swiglu", 1).input("x", FLOAT16, "rows", WIDTH)
                .constant("gate", random(1, WIDTH, WIDTH)).constant("up", random(2, WIDTH, WIDTH))
                .constant("down", scaled(random(3, WIDTH, WIDTH)))
                .node("dev.swiglu:FusedSwiGLU", "x gate up -> h").node("MatMul", "h down -> y")
                .output("y", FLOAT16, "rows", WIDTH);
    }

    /** Small enough for float16 to hold the product. */
    private static Tensor scaled(Tensor tensor) {
        float[] values = tensor.floats();
        for (int i = 0; i < values.length; i++) {
            values[i] /= WIDTH;
        }
        return Tensor.float16(values, tensor.shape());
    }

    private static ResidentSession capturing(OnnxModel model) {
        return model.session().device(Device.cuda(0)).cudaGraphs().openResident();
    }

    /** What a session that captures nothing computes from {@code x}. */
    private static Tensor plain(ResidentSession session, Tensor x) {
        try (ResidentRun run = session.newRun()) {
            run.input("x", x).output("y").run();
            try (ResidentTensor y = run.take("y")) {
                return y.download();
            }
        }
    }

    @Test
    void graphsGiveTheSameBits() {
        try (ResidentSession plain = block().session().device(device()).openResident();
                ResidentSession session = capturing(block()); ResidentRun run = session.newRun();
                ResidentTensor one = session.allocate(FLOAT16, 1, WIDTH);
                ResidentTensor three = session.allocate(FLOAT16, 3, WIDTH)) {
            for (int seed = 10; seed < 30; seed++) {
                Tensor row = random(seed, 1, WIDTH);
                Tensor rows = random(seed, 3, WIDTH);
                run.graph(0).input("x", row).output("y", one).run();
                assertEquals(plain(plain, row), one.download(), "one row, seed " + seed);
                run.graph(7).input("x", rows).output("y", three).run();
                assertEquals(plain(plain, rows), three.download(), "three rows, seed " + seed);
                run.graph(-1).output("y").run();
                try (ResidentTensor y = run.take("y")) {
                    run.graph(0).input("x", row).output("y", one).run();
                    assertEquals(three.download(), y.download(), "a replay leaves results of other runs alone, seed " + seed);
                }
            }
        }
    }

    /** The cache is written in place, and the position is read on the GPU: one captured step serves all tokens. */
    @Test
    void aCapturedDecodeStepFollowsThePosition() {
        int most = 16;
        try (ResidentSession session = capturing(attention());
                ResidentRun run = session.newRun(); ResidentRun usual = session.newRun();
                ResidentTensor keys = session.allocate(FLOAT16, 1, 1, most, HEAD);
                ResidentTensor values = session.allocate(FLOAT16, 1, 1, most, HEAD);
                ResidentTensor y = session.allocate(FLOAT16, 1, 1, 2 * HEAD)) {
            for (ResidentRun each : List.of(run, usual)) {
                each.input("past_key", keys).input("past_value", values)
                        .output("present_key", keys).output("present_value", values);
            }
            bindTokens(usual.output("y"), 0, 3).run();
            usual.output("y", y);
            run.graph(0).output("y", y);
            for (int past = 3; past < most; past++) {
                bindTokens(usual, past, 1).input("total", Tensor.int32(new int[] {most}, 1)).run();
                Tensor expected = y.download();
                bindTokens(run, past, 1).input("total", Tensor.int32(new int[] {most}, 1)).run();
                assertEquals(expected, y.download(), "token " + past);
            }
        }
    }

    @Test
    void tenThousandReplaysUseNoMoreMemory() throws Exception {
        try (ResidentSession session = capturing(block()); ResidentRun run = session.newRun();
                ResidentTensor y = session.allocate(FLOAT16, 1, WIDTH)) {
            run.graph(0).input("x", random(1, 1, WIDTH)).output("y", y);
            long before = 0;
            for (int i = 0; i < 10_000; i++) {
                if (i == 100) {
                    before = usedBytes();
                }
                run.run();
                y.download(0, 1);
            }
            long grown = usedBytes() - before;
            assertTrue(grown <= tolerance(), "grown by " + grown + " bytes");
        }
    }

    @Test
    void aGraphKeepsToItsTensors() {
        try (ResidentSession session = capturing(block()); ResidentRun run = session.newRun();
                ResidentTensor y = session.allocate(FLOAT16, 1, WIDTH);
                ResidentTensor other = session.allocate(FLOAT16, 1, WIDTH)) {
            run.graph(0).input("x", random(1, 1, WIDTH)).output("y");
            assertEquals("A captured graph writes to the same memory each time; bind a tensor to the output 'y'.",
                    assertThrows(IllegalStateException.class, run::run).getMessage());
            run.output("y", y).run();
            run.output("y", other);
            assertEquals("The graph 0 was captured with another tensor for 'y'; bind that one, or capture this one under another"
                    + " id.", assertThrows(IllegalStateException.class, run::run).getMessage());
            run.graph(1).run();
            assertEquals(y.download(), other.download());
            try (ResidentTensor x = session.upload(random(1, 1, WIDTH))) {
                run.graph(0).output("y", y).run();
                run.input("x", x);
                assertTrue(assertThrows(IllegalStateException.class, run::run).getMessage().contains("another tensor for 'x'"));
            }
        }
    }

    /** CUDA forbids others to allocate during a capture; here they all do, as fast as they can. */
    @Test
    void capturesAndOtherWorkDoNotDisturbEachOther() throws Exception {
        Tensor x = random(5, 2, WIDTH);
        try (ResidentSession shared = block().session().device(device()).openResident()) {
            Tensor expected = plain(shared, x);
            List<Callable<Void>> all = new ArrayList<>();
            for (int thread = 0; thread < 3; thread++) {
                all.add(() -> {
                    try (ResidentSession session = capturing(block()); ResidentRun run = session.newRun()) {
                        for (int id = 0; id < 30; id++) {
                            try (ResidentTensor y = session.allocate(FLOAT16, 2, WIDTH)) {
                                run.graph(id).input("x", x).output("y", y).run();
                                run.run();
                                assertEquals(expected, y.download());
                            }
                        }
                    }
                    return null;
                });
                all.add(() -> {
                    for (int i = 0; i < 300; i++) {
                        assertEquals(expected, plain(shared, x));
                    }
                    return null;
                });
            }
            atOnce(all);
        }
    }

    /** A replay writes where the arena may have put what runs of other threads read and computed. */
    @Test
    void replaysLeaveRunsOfOtherThreadsAlone() throws Exception {
        Tensor replayed = random(5, 2, WIDTH);
        Tensor other = random(6, 2, WIDTH);
        try (ResidentSession usual = block().session().device(device()).openResident(); ResidentSession session = capturing(block())) {
            Tensor expected = plain(usual, replayed);
            Tensor expectedOther = plain(usual, other);
            List<Callable<Void>> all = new ArrayList<>();
            for (int thread = 0; thread < 2; thread++) {
                all.add(() -> {
                    try (ResidentRun run = session.newRun(); ResidentTensor y = session.allocate(FLOAT16, 2, WIDTH)) {
                        run.graph(0).input("x", replayed).output("y", y);
                        for (int i = 0; i < 2000; i++) {
                            run.run();
                            assertEquals(expected, y.download());
                        }
                    }
                    return null;
                });
                all.add(() -> {
                    for (int i = 0; i < 500; i++) {
                        assertEquals(expectedOther, plain(session, other));
                    }
                    return null;
                });
            }
            atOnce(all);
        }
    }

    @Test
    void oneSessionOnEachOfTwoGpus() throws Exception {
        Device second = Gpu.required(1);
        Tensor x = random(5, 2, WIDTH);
        try (ResidentSession here = block().session().device(device()).openResident();
                ResidentSession there = block().session().device(second).openResident(); ResidentRun run = there.newRun();
                ResidentTensor onFirst = here.upload(x)) {
            assertTrue(assertThrows(IllegalArgumentException.class, () -> run.input("x", onFirst)).getMessage()
                    .contains("is not on this session's device, cuda:1"));
            Tensor expected = plain(here, x);
            List<Callable<Void>> all = new ArrayList<>();
            for (int thread = 0; thread < 4; thread++) {
                all.add(() -> {
                    for (int i = 0; i < 200; i++) {
                        assertEquals(expected, plain(here, x));
                        assertEquals(expected, plain(there, x));
                    }
                    return null;
                });
            }
            atOnce(all);
        }
    }
}
