package dev.swiglu.generation;

import dev.swiglu.ResidentRun;
import dev.swiglu.ResidentSession;

/** Where the model finds what it has made of earlier tokens, bound to the runs of one batch. */
interface KeyValueCache extends AutoCloseable {

    /** @param longest the most columns that the batch will have */
    static KeyValueCache bound(ResidentSession session, ResidentRun run, ModelLayout layout, int rows, int longest) {
        return switch (layout.cache()) {
            case NONE -> new NoCache();
            case GROWING -> new GrowingCache(session, run, layout, rows);
            case SHARED -> new SharedCache(session, run, layout, rows, longest);
        };
    }

    /** Makes the results of the run that has just ended what the next one finds. */
    void advance();

    @Override
    void close();
}
