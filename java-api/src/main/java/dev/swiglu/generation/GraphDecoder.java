package dev.swiglu.generation;

import dev.swiglu.ResidentRun;
import dev.swiglu.ResidentSession;
import dev.swiglu.ResidentTensor;
import dev.swiglu.Tensor;

/**
 * Writes tokens by replaying a CUDA graph: everything is at the same address and has the same size in each step. For that the
 * mask has the cache's length from the second step on, with zeros behind the text, as onnxruntime-genai has it. A captured
 * graph belongs to these addresses for as long as the session is open, so batches use a decoder one after the other.
 */
final class GraphDecoder implements Decoder {
    private static final int NO_GRAPH = -1;

    private final ResidentSession session;
    private final ModelLayout layout;
    private final GraphPool.Size size;
    private final int graph;
    private final GraphPool home;
    private final ResidentRun run;
    private final KeyValueCache cache;
    private ResidentTensor scores;

    /** @param graph the number under which the session keeps the captured graph */
    GraphDecoder(ResidentSession session, ModelLayout layout, GraphPool.Size size, int graph, GraphPool home) {
        this.session = session;
        this.layout = layout;
        this.size = size;
        this.graph = graph;
        this.home = home;
        this.run = session.newRun();
        this.cache = KeyValueCache.bound(session, run, layout, size.rows(), size.capacity());
    }

    GraphPool.Size size() {
        return size;
    }

    @Override
    public Tensor read(TokenRows rows, int from, int to, int wanted) {
        return from == 0 ? prompt(rows, to, wanted) : step(rows, from, to);
    }

    private Tensor prompt(TokenRows rows, int to, int wanted) {
        rows.inputs(layout, 0, to, to).forEach(run::input);
        run.output(layout.logits().name()).graph(NO_GRAPH).run();
        try (ResidentTensor all = run.take(layout.logits().name())) {
            if (scores == null) {
                scores = session.allocate(all.type(), all.shape()[0], 1, all.shape()[2]);
            }
            return LastScores.of(all, wanted);
        }
    }

    private Tensor step(TokenRows rows, int from, int to) {
        rows.inputs(layout, from, to, size.capacity()).forEach(run::input);
        run.output(layout.logits().name(), scores).graph(graph).run();
        return scores.download();
    }

    /** Goes back for the next batch. */
    @Override
    public void close() {
        home.giveBack(this);
    }

    void free() {
        run.close();
        cache.close();
        if (scores != null) {
            scores.close();
        }
    }
}
