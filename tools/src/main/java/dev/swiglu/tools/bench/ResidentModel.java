package dev.swiglu.tools.bench;

import dev.swiglu.ResidentSession;
import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.ToolException;
import java.nio.file.Path;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * {@link ResidentSession}: caches and results stay in the device's memory; token ids go there and the last token's row of the
 * result comes back.
 */
final class ResidentModel implements TimedModel {
    private final ResidentSession session;
    private final boolean captured;
    /** A captured graph keeps the addresses that it was captured with, so that no two steps may share one. */
    private final AtomicInteger graphs;

    private ResidentModel(ResidentSession session, boolean captured, AtomicInteger graphs) {
        this.session = session;
        this.captured = captured;
        this.graphs = graphs;
    }

    ResidentModel(ResidentSession session) {
        this(session, false, new AtomicInteger());
    }

    /** The same session, whose steps are captured as CUDA graphs and replayed. */
    ResidentModel captured() {
        return new ResidentModel(session, true, graphs);
    }

    @Override
    public String runtime() {
        return captured ? "ResidentSession, CUDA graph" : "ResidentSession";
    }

    @Override
    public TimedStep prepare(StepInputs inputs) {
        if (captured && !inputs.keepsCachesInPlace()) {
            throw new ToolException(ExitCode.USAGE,
                    "CUDA graphs need a model whose GroupQueryAttention keeps its cache in place.");
        }
        OptionalInt graph = captured ? OptionalInt.of(graphs.incrementAndGet()) : OptionalInt.empty();
        return new ResidentStep(session, inputs, graph);
    }

    /** The profile of a session that was opened with one. */
    Path endProfiling() {
        return session.endProfiling().orElseThrow();
    }

    @Override
    public void close() {
        session.close();
    }
}
