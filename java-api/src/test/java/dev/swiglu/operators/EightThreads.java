package dev.swiglu.operators;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Threads that do the same at the same time. */
final class EightThreads implements AutoCloseable {
    private static final int COUNT = 8;

    private final ExecutorService threads = Executors.newFixedThreadPool(COUNT);

    /** Returns when all are done; throws what one of them threw. */
    void all(Callable<?> work) throws Exception {
        List<Future<?>> started = new ArrayList<>();
        for (int thread = 0; thread < COUNT; thread++) {
            started.add(threads.submit(work));
        }
        for (Future<?> run : started) {
            run.get();
        }
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
