package dev.swiglu.generation;

import dev.swiglu.Tensor;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Queue;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * A text that is being written. The model works while the caller asks for the next piece, in the caller's thread; one thread at a
 * time may ask, and any thread may {@link #cancel}. Its memory is given back when the last piece is there, or by {@link #close}.
 */
public final class Generation implements Iterable<Piece>, AutoCloseable {
    private final LanguageModel model;
    private final List<TextRow> all;
    private final Iterator<List<TextRow>> waiting;
    private final long start;
    private final Queue<Piece> ready = new ArrayDeque<>();
    private volatile boolean cancelled;
    private boolean closed;
    private List<TextRow> batch = List.of();
    private TokenRows rows;
    private Decoder decoder;
    private long firstToken;
    private long decodeNanos;
    private long decodeTokens;

    /**
     * @param batches rows that run together, one batch after the other
     * @param start when it was asked for, by {@link System#nanoTime}
     */
    Generation(LanguageModel model, List<TextRow> all, List<List<TextRow>> batches, long start) {
        this.model = model;
        this.all = all;
        this.waiting = batches.iterator();
        this.start = start;
    }

    /** What has not been given out yet; all iterators give out the same pieces, each once. */
    @Override
    public Iterator<Piece> iterator() {
        return new Iterator<>() {
            @Override
            public boolean hasNext() {
                if (ready.isEmpty()) {
                    advance();
                }
                return !ready.isEmpty();
            }

            @Override
            public Piece next() {
                if (!hasNext()) {
                    throw new NoSuchElementException("The text is finished.");
                }
                return ready.remove();
            }
        };
    }

    /** Writes to the end; where the listener throws, it ends there. */
    public GenerationResult run(Consumer<Piece> listener) {
        try {
            forEach(listener);
            return result();
        } finally {
            close();
        }
    }

    /** Writes to the end, and says what came of it. */
    public GenerationResult result() {
        iterator().forEachRemaining(piece -> { });
        Duration untilFirst = firstToken == 0 ? Duration.ZERO : Duration.ofNanos(firstToken - start);
        return new GenerationResult(all.stream().map(TextRow::end).toList(), untilFirst, decodeTokens,
                Duration.ofNanos(decodeNanos));
    }

    /** Ends it after the step that is under way; what was written stays. May be called from any thread, and again. */
    public void cancel() {
        cancelled = true;
    }

    /** Adds the pieces of one more step, where there is one. */
    private void advance() {
        if (closed || cancelled || decoder == null && !waiting.hasNext()) {
            close();
            return;
        }
        boolean complete = false;
        try {
            step();
            complete = true;
        } finally {
            if (!complete) {
                close();
            }
        }
    }

    private void step() {
        long begin = System.nanoTime();
        boolean first = decoder == null;
        choose(first ? readPrompts(waiting.next()) : readLastColumn());
        long end = System.nanoTime();
        if (firstToken == 0) {
            firstToken = end;
        }
        if (!first) {
            decodeNanos += end - begin;
            decodeTokens += ready.size();
        }
        if (batch.stream().allMatch(TextRow::isFinished)) {
            release();
        } else {
            rows.append(batch.stream().mapToInt(TextRow::lastToken).toArray());
        }
    }

    private Tensor readPrompts(List<TextRow> next) {
        batch = next;
        rows = new TokenRows(batch.stream().map(TextRow::prompt).toList());
        decoder = model.decoder(rows.count(), rows.length() + batch.stream().mapToInt(TextRow::most).max().orElseThrow());
        Tensor scores = null;
        for (int from = 0; from < rows.length(); ) {
            int to = model.layout().endOfRun(from, rows.length());
            scores = decoder.read(rows, from, to, 1);
            from = to;
        }
        return scores;
    }

    private Tensor readLastColumn() {
        int from = model.layout().cache() == ModelLayout.Cache.NONE ? 0 : rows.length() - 1;
        return decoder.read(rows, from, rows.length(), 1);
    }

    private void choose(Tensor scores) {
        int vocabulary = scores.size() / batch.size();
        // large vocabularies of large batches would keep one thread longer than the GPU needs for the next step
        ready.addAll(IntStream.range(0, batch.size()).parallel().filter(row -> !batch.get(row).isFinished())
                .mapToObj(row -> batch.get(row).choose(scores.floats(row * vocabulary, vocabulary))).toList());
    }

    private void release() {
        if (decoder != null) {
            decoder.close();
            decoder = null;
        }
    }

    /** Ends it where it is not finished. May be called again, but not while another thread asks for pieces. */
    @Override
    public void close() {
        closed = true;
        release();
    }
}
