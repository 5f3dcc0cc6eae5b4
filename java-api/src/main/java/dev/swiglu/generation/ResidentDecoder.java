package dev.swiglu.generation;

import dev.swiglu.ResidentRun;
import dev.swiglu.ResidentSession;
import dev.swiglu.ResidentTensor;
import dev.swiglu.Tensor;

/** Keeps the cache in the device's memory; tokens go in, and one row of scores for each text comes out. */
final class ResidentDecoder implements Decoder {
    private final ModelLayout layout;
    private final ResidentRun run;
    private final KeyValueCache cache;

    /** @param longest the most columns that the batch will have */
    ResidentDecoder(ResidentSession session, ModelLayout layout, int rows, int longest) {
        this.layout = layout;
        this.run = session.newRun();
        this.cache = KeyValueCache.bound(session, run, layout, rows, longest);
        run.output(layout.logits().name());
    }

    @Override
    public Tensor read(TokenRows rows, int from, int to, int wanted) {
        rows.inputs(layout, from, to, to).forEach(run::input);
        run.run();
        cache.advance();
        try (ResidentTensor scores = run.take(layout.logits().name())) {
            return LastScores.of(scores, wanted);
        }
    }

    @Override
    public void close() {
        run.close();
        cache.close();
    }
}
