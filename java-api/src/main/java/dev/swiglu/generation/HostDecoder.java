package dev.swiglu.generation;

import dev.swiglu.StatefulSession;
import dev.swiglu.Tensor;
import dev.swiglu.generation.ModelLayout.CachePart;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Semaphore;

/**
 * What ONNX Runtime's own Java interface can do: on a GPU the cache crosses the bus in each step, in both directions, and so do
 * the scores of all columns.
 */
final class HostDecoder implements Decoder {
    private final StatefulSession session;
    private final ModelLayout layout;
    private final Semaphore free;

    /** @param free the session has one memory, so that one batch after the other has it */
    HostDecoder(StatefulSession session, ModelLayout layout, int rows, Semaphore free) {
        this.session = session;
        this.layout = layout;
        this.free = free;
        free.acquireUninterruptibly();
        boolean complete = false;
        try {
            session.setState(emptyCache(layout, rows));
            complete = true;
        } finally {
            if (!complete) {
                free.release();
            }
        }
    }

    static Map<String, Tensor> emptyCache(ModelLayout layout, int rows) {
        Map<String, Tensor> cache = new LinkedHashMap<>();
        for (CachePart part : layout.cacheParts()) {
            long[] shape = layout.shape(part, rows, 0);
            int bytes = Math.toIntExact(Arrays.stream(shape).reduce(part.past().type().bytes(), Math::multiplyExact));
            cache.put(part.past().name(), Tensor.of(part.past().type(), ByteBuffer.allocate(bytes), shape));
        }
        return cache;
    }

    @Override
    public Tensor read(TokenRows rows, int from, int to, int wanted) {
        String name = layout.logits().name();
        return LastScores.of(session.run(rows.inputs(layout, from, to, to), Set.of(name)).get(name), wanted);
    }

    @Override
    public void close() {
        free.release();
    }
}
