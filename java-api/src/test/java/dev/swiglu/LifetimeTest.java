package dev.swiglu;

import static dev.swiglu.ResidentModels.SIDE;
import static dev.swiglu.TensorType.FLOAT32;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtSession;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LifetimeTest {
    private final ExecutorService threads = Executors.newCachedThreadPool();

    @AfterEach
    void stopThreads() throws InterruptedException {
        threads.shutdownNow();
        assertTrue(threads.awaitTermination(1, TimeUnit.MINUTES));
    }

    private static ModelSession slow(int products) {
        return ResidentModels.slow(products).session().threads(1).open();
    }

    private static Tensor filled(float value) {
        float[] values = new float[SIDE * SIDE];
        Arrays.fill(values, value);
        return Tensor.float32(values, SIDE, SIDE);
    }

    @Test
    void closesTwice() {
        ModelSession session = slow(1);
        session.close();
        session.close();
        assertTrue(session.endProfiling().isEmpty());
        String sentence = assertThrows(IllegalStateException.class, () -> session.run(Map.of("x", filled(1)))).getMessage();
        assertEquals("The session is closed; open the model again to run it.", sentence);
    }

    @Test
    void eightThreadsShareOneSession() throws Exception {
        try (ModelSession session = slow(2)) {
            List<Future<?>> runs = new ArrayList<>();
            for (int thread = 0; thread < 8; thread++) {
                Tensor mine = filled(thread);
                runs.add(threads.submit(() -> {
                    for (int i = 0; i < 20; i++) {
                        assertEquals(mine, session.run(Map.of("x", mine)).get("y2"));
                    }
                }));
            }
            for (Future<?> run : runs) {
                run.get();
            }
        }
    }

    @Test
    void closeWaitsForARunUnderWay() throws Exception {
        int products = 2000;
        ModelSession session = slow(products);
        Tensor input = filled(3);
        Future<Tensor> run = threads.submit(() -> session.run(Map.of("x", input)).get("y" + products));
        TimeUnit.MILLISECONDS.sleep(100);
        assertFalse(run.isDone(), "the run must still be under way for this test to mean anything");
        session.close();
        assertEquals(input, run.get(200, TimeUnit.MILLISECONDS));
    }

    @Test
    void runsThatRaceWithCloseEndInASentence() throws Exception {
        Tensor input = filled(1);
        for (int round = 0; round < 20; round++) {
            ModelSession session = slow(1);
            AtomicInteger runs = new AtomicInteger();
            List<Future<?>> racers = new ArrayList<>();
            for (int thread = 0; thread < 3; thread++) {
                racers.add(threads.submit(() -> assertThrows(IllegalStateException.class, () -> {
                    while (true) {
                        assertEquals(input, session.run(Map.of("x", input)).get("y1"));
                        runs.incrementAndGet();
                    }
                })));
            }
            while (runs.get() < 3) {
                Thread.onSpinWait();
            }
            session.close();
            for (Future<?> racer : racers) {
                racer.get();
            }
        }
    }

    /** Options that say when they are closed, and whether the session was closed before them. */
    private static final class WatchedOptions extends OrtSession.SessionOptions {
        private OrtSession session;
        private int closings;
        private boolean sessionClosedBefore;

        @Override
        public void close() {
            closings++;
            sessionClosedBefore = session != null && isClosed(session);
            super.close();
        }

        private static boolean isClosed(OrtSession session) {
            try {
                session.getNumInputs();
                return false;
            } catch (IllegalStateException closed) {
                return true;
            }
        }
    }

    @Test
    void optionsOutliveTheSession() throws Exception {
        WatchedOptions options = new WatchedOptions();
        options.session = OrtEnvironment.getEnvironment().createSession(CudaProbe.IDENTITY_MODEL, options);
        ModelSession session = new ModelSession(options.session, options, Device.cpu(), false);
        session.run(Map.of("x", Tensor.float32(new float[] {1}, 1)));
        assertEquals(0, options.closings);
        session.close();
        session.close();
        assertEquals(1, options.closings);
        assertTrue(options.sessionClosedBefore);
    }

    @Test
    void aSessionThatDoesNotOpenLeavesNothingBehind() {
        WatchedOptions unknownOperator = new WatchedOptions();
        SessionBuilder broken = OnnxModel.opset(17).input("x", FLOAT32, 1).node("NoSuchOperator", "x -> y")
                .output("y", FLOAT32, 1).session();
        assertThrows(ModelException.class, () -> broken.open(unknownOperator));
        assertEquals(1, unknownOperator.closings);

        WatchedOptions noGpu = new WatchedOptions();
        assertThrows(DeviceUnavailableException.class, () -> broken.device(Device.cuda(7)).open(noGpu));
        assertEquals(1, noGpu.closings);
    }
}
