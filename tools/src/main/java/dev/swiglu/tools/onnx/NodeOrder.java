package dev.swiglu.tools.onnx;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Set;

/**
 * The nodes of one graph such that each comes after those whose values it, or a body that it carries, reads. ONNX asks for
 * graphs in that order; ONNX Runtime takes any, and some converters append their nodes at the end. What is in order stays.
 */
final class NodeOrder {
    private final List<Set<Integer>> readers = new ArrayList<>();
    private final int[] waiting;

    NodeOrder(int nodes) {
        waiting = new int[nodes];
        for (int i = 0; i < nodes; i++) {
            readers.add(null);
        }
    }

    /** Notes that the node at {@code reader} needs a value of the one at {@code maker}. */
    void add(int maker, int reader) {
        if (readers.get(maker) == null) {
            readers.set(maker, new HashSet<>());
        }
        if (readers.get(maker).add(reader)) {
            waiting[reader]++;
        }
    }

    /** Positions in the graph; fewer than there are nodes where some read each other in a circle. */
    List<Integer> sorted() {
        int[] open = waiting.clone();
        PriorityQueue<Integer> ready = new PriorityQueue<>();
        for (int i = 0; i < open.length; i++) {
            if (open[i] == 0) {
                ready.add(i);
            }
        }
        List<Integer> order = new ArrayList<>();
        while (!ready.isEmpty()) {
            int next = ready.remove();
            order.add(next);
            if (readers.get(next) != null) {
                for (int reader : readers.get(next)) {
                    if (--open[reader] == 0) {
                        ready.add(reader);
                    }
                }
            }
        }
        return order;
    }
}
