package dev.swiglu.generation;

import dev.swiglu.ResidentRun;
import dev.swiglu.ResidentSession;
import dev.swiglu.ResidentTensor;
import dev.swiglu.generation.ModelLayout.CachePart;
import java.util.ArrayList;
import java.util.List;

/** One cache with room for the longest text, into which every run writes: the same memory is past and present. */
final class SharedCache implements KeyValueCache {
    private final ResidentSession session;
    private final ResidentRun run;
    private final ModelLayout layout;
    private final int rows;
    private final int longest;
    private final List<ResidentTensor> tensors = new ArrayList<>();

    SharedCache(ResidentSession session, ResidentRun run, ModelLayout layout, int rows, int longest) {
        this.session = session;
        this.run = run;
        this.layout = layout;
        this.rows = rows;
        this.longest = longest;
    }

    @Override
    public void bind() {
        for (CachePart part : layout.cacheParts()) {
            ResidentTensor tensor = session.allocate(part.past().type(), layout.shape(part, rows, longest));
            tensors.add(tensor);
            run.input(part.past().name(), tensor);
            run.output(part.present().name(), tensor);
        }
    }

    @Override
    public void advance() {}

    @Override
    public void close() {
        tensors.forEach(ResidentTensor::close);
    }
}
