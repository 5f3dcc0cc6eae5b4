package dev.swiglu.generation;

import dev.swiglu.ModelException;
import dev.swiglu.ResidentSession;
import dev.swiglu.SessionBuilder;
import java.nio.file.Path;
import java.util.Optional;

/** The model's cache and results stay in the device's memory. Batches run side by side. */
final class ResidentInference implements Inference {
    private final ResidentSession session;
    private final ModelLayout layout;
    private final Optional<GraphPool> graphs;

    private ResidentInference(ResidentSession session, ModelLayout layout, boolean cudaGraphs) {
        this.session = session;
        this.layout = layout;
        this.graphs = cudaGraphs ? Optional.of(new GraphPool(session, layout)) : Optional.empty();
    }

    static Inference open(SessionBuilder builder, ModelConfiguration configuration, boolean grouped, boolean cudaGraphs) {
        ResidentSession session = (cudaGraphs ? builder.cudaGraphs() : builder).openResident();
        boolean complete = false;
        try {
            ModelLayout layout = ModelLayout.of(session.inputs(), session.outputs(), configuration, grouped);
            if (cudaGraphs && layout.cache() != ModelLayout.Cache.SHARED) {
                throw new ModelException("CUDA graphs need a model that writes its cache in place, as onnxruntime-genai builds"
                        + " them with past_present_share_buffer; this one's cache is " + layout.cache() + ".");
            }
            ResidentInference inference = new ResidentInference(session, layout, cudaGraphs);
            complete = true;
            return inference;
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
        return graphs.isPresent() ? graphs.get().take(rows, longest) : new ResidentDecoder(session, layout, rows, longest);
    }

    @Override
    public Optional<Path> endProfiling() {
        return session.endProfiling();
    }

    @Override
    public void close() {
        graphs.ifPresent(GraphPool::close);
        session.close();
    }
}
