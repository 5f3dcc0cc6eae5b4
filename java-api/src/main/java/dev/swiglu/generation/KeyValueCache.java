package dev.swiglu.generation;

import dev.swiglu.ResidentRun;
import dev.swiglu.ResidentSession;

/** Where the model finds what it has made of earlier tokens, bound to the runs of one batch. */
interface KeyValueCache extends AutoCloseable {

    /**
     * @param run closed where there is no room for the cache
     * @param longest the most columns that the batch will have
     */
    static KeyValueCache bound(ResidentSession session, ResidentRun run, ModelLayout layout, int rows, int longest) {
        KeyValueCache cache = switch (layout.cache()) {
            case NONE -> new NoCache();
            case GROWING -> new GrowingCache(session, run, layout, rows);
            case SHARED -> new SharedCache(session, run, layout, rows, longest);
        };
        boolean complete = false;
        try {
            cache.bind();
            complete = true;
            return cache;
        } finally {
            if (!complete) {
                run.close();
                cache.close();
            }
        }
    }

    /** Makes room and binds it. */
    void bind();

    /** Makes the results of the run that has just ended what the next one finds. */
    void advance();

    @Override
    void close();
}
