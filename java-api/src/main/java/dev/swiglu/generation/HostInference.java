package dev.swiglu.generation;

import dev.swiglu.ModelSession;
import dev.swiglu.SessionBuilder;
import dev.swiglu.StatefulSession;
import dev.swiglu.generation.ModelLayout.CachePart;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.stream.Collectors;

/** Nothing but ONNX Runtime's own Java interface. Batches run one after the other. */
final class HostInference implements Inference {
    private final StatefulSession session;
    private final ModelLayout layout;
    private final Semaphore free = new Semaphore(1, true);

    private HostInference(StatefulSession session, ModelLayout layout) {
        this.session = session;
        this.layout = layout;
    }

    static Inference open(SessionBuilder builder, ModelConfiguration configuration, boolean grouped) {
        ModelSession session = builder.open();
        boolean complete = false;
        try {
            ModelLayout layout = ModelLayout.of(session.inputs(), session.outputs(), configuration, grouped);
            StatefulSession stateful = session.remembering(layout.cacheParts().stream()
                    .collect(Collectors.toMap(part -> part.present().name(), (CachePart part) -> part.past().name())),
                    HostDecoder.emptyCache(layout, 1));
            complete = true;
            return new HostInference(stateful, layout);
        } finally {
            if (!complete) {
                session.close();
            }
        }
    }

    @Override
    public ModelLayout layout() {
        return layout;
    }

    @Override
    public Decoder decoder(int rows, int longest) {
        return new HostDecoder(session, layout, rows, free);
    }

    @Override
    public Optional<Path> endProfiling() {
        return session.session().endProfiling();
    }

    @Override
    public void close() {
        session.close();
    }
}
