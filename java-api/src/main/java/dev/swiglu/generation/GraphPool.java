package dev.swiglu.generation;

import dev.swiglu.ResidentSession;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;

/** The decoders with captured CUDA graphs of one session, idle ones to be used again. */
final class GraphPool implements AutoCloseable {
    /** Few different lengths, so that few graphs are captured. */
    private static final int SMALLEST = 256;

    /** What a graph is captured for. */
    record Size(int rows, int capacity) {}

    private final ResidentSession session;
    private final ModelLayout layout;
    private final Map<Size, Deque<GraphDecoder>> idle = new HashMap<>();
    private int graphs;
    private boolean closed;

    GraphPool(ResidentSession session, ModelLayout layout) {
        this.session = session;
        this.layout = layout;
    }

    synchronized GraphDecoder take(int rows, int longest) {
        Size size = new Size(rows, capacity(longest, layout.contextLength()));
        GraphDecoder waiting = idle.computeIfAbsent(size, none -> new ArrayDeque<>()).poll();
        return waiting != null ? waiting
                : new GraphDecoder(session, layout, size, ++graphs, this);
    }

    static int capacity(int longest, int contextLength) {
        long rounded = Math.max(SMALLEST, Long.highestOneBit(2L * longest - 1));
        return (int) Math.min(rounded, contextLength);
    }

    synchronized void giveBack(GraphDecoder decoder) {
        if (closed) {
            decoder.free();
        } else {
            idle.get(decoder.size()).push(decoder);
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        idle.values().forEach(decoders -> decoders.forEach(GraphDecoder::free));
        idle.clear();
    }
}
