package dev.swiglu.generation;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtSession;
import dev.swiglu.ModelSession;
import dev.swiglu.Tensor;
import dev.swiglu.generation.ModelLayout.CachePart;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * What ONNX Runtime's own Java interface can do: tensors are on the CPU between the runs, so that on a GPU the cache crosses the
 * bus in each step, in both directions, and so do the scores of all columns.
 */
final class HostDecoder implements Decoder {
    private final ModelSession session;
    private final ModelLayout layout;
    private final Set<String> outputs = new LinkedHashSet<>();
    /** By the inputs' names. */
    private final Map<String, OnnxTensor> cache = new HashMap<>();

    HostDecoder(ModelSession session, ModelLayout layout, int rows) {
        this.session = session;
        this.layout = layout;
        outputs.add(layout.logits().name());
        for (CachePart part : layout.cacheParts()) {
            outputs.add(part.present().name());
            cache.put(part.past().name(), empty(part, layout.shape(part, rows, 0)).toOnnx());
        }
    }

    private static Tensor empty(CachePart part, long[] shape) {
        long elements = Arrays.stream(shape).reduce(1, Math::multiplyExact);
        return Tensor.of(part.past().type(), ByteBuffer.allocate(Math.toIntExact(elements * part.past().type().bytes())), shape);
    }

    @Override
    public Tensor read(TokenRows rows, int from, int to, int wanted) {
        Map<String, OnnxTensor> given = new HashMap<>();
        try {
            rows.inputs(layout, from, to, to).forEach((name, tensor) -> given.put(name, tensor.toOnnx()));
            Map<String, OnnxTensor> all = new HashMap<>(given);
            all.putAll(cache);
            return scores(session.runOn(all, outputs), wanted);
        } finally {
            given.values().forEach(OnnxTensor::close);
        }
    }

    private Tensor scores(OrtSession.Result results, int wanted) {
        for (CachePart part : layout.cacheParts()) {
            cache.put(part.past().name(), result(results, part.present().name())).close();
        }
        try (OnnxTensor scores = result(results, layout.logits().name())) {
            return LastScores.of(Tensor.of(scores), wanted);
        }
    }

    private static OnnxTensor result(OrtSession.Result results, String name) {
        return (OnnxTensor) results.get(name).orElseThrow();
    }

    @Override
    public void close() {
        cache.values().forEach(OnnxTensor::close);
    }
}
