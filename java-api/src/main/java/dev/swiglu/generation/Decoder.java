package dev.swiglu.generation;

import dev.swiglu.Tensor;

/** One batch's way through the model. */
interface Decoder extends AutoCloseable {

    /**
     * Reads columns that follow those read so far, or, of a model without a cache, all from the beginning.
     *
     * @return the scores for what follows the last {@code wanted} of them, [rows, wanted, vocabulary]
     */
    Tensor read(TokenRows rows, int from, int to, int wanted);

    /** Gives back its memory; called once. */
    @Override
    void close();
}
