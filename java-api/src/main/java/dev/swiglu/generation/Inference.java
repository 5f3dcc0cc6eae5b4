package dev.swiglu.generation;

import java.nio.file.Path;
import java.util.Optional;

/** An open model and the way in which batches go through it. */
interface Inference extends AutoCloseable {

    ModelLayout layout();

    /** @param longest the most columns that the batch will have */
    Decoder decoder(int rows, int longest);

    /** What {@link dev.swiglu.ModelSession#endProfiling} returns. */
    Optional<Path> endProfiling();

    /** May be called again. */
    @Override
    void close();
}
