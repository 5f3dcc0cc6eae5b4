package dev.swiglu.generation;

import dev.swiglu.ModelSession;
import dev.swiglu.SessionBuilder;
import java.nio.file.Path;
import java.util.Optional;

/** Nothing but ONNX Runtime's own Java interface, for comparisons. */
record HostInference(ModelSession session, ModelLayout layout) implements Inference {

    static Inference open(SessionBuilder builder, ModelConfiguration configuration, boolean grouped) {
        ModelSession session = builder.open();
        boolean complete = false;
        try {
            ModelLayout layout = ModelLayout.of(session.inputs(), session.outputs(), configuration, grouped);
            complete = true;
            return new HostInference(session, layout);
        } finally {
            if (!complete) {
                session.close();
            }
        }
    }

    @Override
    public Decoder decoder(int rows, int longest) {
        return new HostDecoder(session, layout, rows);
    }

    @Override
    public Optional<Path> endProfiling() {
        return session.endProfiling();
    }

    @Override
    public void close() {
        session.close();
    }
}
