package dev.swiglu.generation;

import dev.swiglu.ResidentRun;
import dev.swiglu.ResidentSession;
import dev.swiglu.ResidentTensor;
import dev.swiglu.generation.ModelLayout.CachePart;
import java.util.LinkedHashMap;
import java.util.Map;

/** Each run makes a cache that is longer by its tokens; it becomes the input of the next one as it is, without a copy. */
final class GrowingCache implements KeyValueCache {
    private final ResidentSession session;
    private final ResidentRun run;
    private final ModelLayout layout;
    private final int rows;
    private final Map<CachePart, ResidentTensor> pasts = new LinkedHashMap<>();

    GrowingCache(ResidentSession session, ResidentRun run, ModelLayout layout, int rows) {
        this.session = session;
        this.run = run;
        this.layout = layout;
        this.rows = rows;
    }

    @Override
    public void bind() {
        for (CachePart part : layout.cacheParts()) {
            run.output(part.present().name());
            hand(part, session.allocate(part.past().type(), layout.shape(part, rows, 0)));
        }
    }

    private void hand(CachePart part, ResidentTensor next) {
        ResidentTensor past = pasts.put(part, next);
        run.input(part.past().name(), next);
        if (past != null) {
            past.close();
        }
    }

    @Override
    public void advance() {
        pasts.keySet().forEach(part -> hand(part, run.take(part.present().name())));
    }

    @Override
    public void close() {
        pasts.values().forEach(ResidentTensor::close);
    }
}
