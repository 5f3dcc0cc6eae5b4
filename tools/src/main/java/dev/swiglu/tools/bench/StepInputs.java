package dev.swiglu.tools.bench;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.swiglu.Tensor;
import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.ToolException;
import dev.swiglu.tools.onnx.Attributes;
import dev.swiglu.tools.onnx.ModelFile;
import dev.swiglu.tools.verify.inputs.CacheInput;
import dev.swiglu.tools.verify.inputs.SampleInputs;
import dev.swiglu.tools.verify.inputs.Workload;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * What each run of a workload is given. Caches are full of zeros: what is in them makes no difference to the time.
 *
 * @param inputs those beside the caches
 * @param result the output that a program reads: the logits, or the first one
 */
record StepInputs(Workload workload, Map<String, Tensor> inputs, List<Cache> caches, String result) {
    private static final String LOGITS = "logits";

    /** @param updated the output that may be written over the input, where the attention can do that */
    record Cache(CacheInput input, Optional<String> updated) {
        long bytes() {
            return Arrays.stream(input.shape()).reduce(input.type().bytes(), Math::multiplyExact);
        }

        Tensor zeros() {
            return Tensor.of(input.type(), ByteBuffer.allocateDirect(Math.toIntExact(bytes())), input.shape());
        }
    }

    static List<StepInputs> all(ModelFile model, List<Workload> workloads) {
        SampleInputs samples = new SampleInputs(model, 0);
        GraphProto graph = model.proto().getGraph();
        Map<String, String> updates = updates(graph);
        List<String> outputs = graph.getOutputList().stream().map(ValueInfoProto::getName).toList();
        String result = outputs.contains(LOGITS) ? LOGITS : outputs.get(0);
        return workloads.stream().map(samples::fitted).distinct().map(workload -> {
            List<Cache> caches = samples.caches(workload).stream()
                    .map(cache -> new Cache(cache, Optional.ofNullable(updates.get(cache.name())))).toList();
            return new StepInputs(workload, samples.besidesCaches(workload), caches, result);
        }).toList();
    }

    /** Of each cache that GroupQueryAttention can keep in place: input and output. */
    private static Map<String, String> updates(GraphProto graph) {
        Map<String, String> updates = new HashMap<>();
        for (NodeProto node : graph.getNodeList()) {
            boolean keepsAll = Attributes.integer(node, "sliding_window_cache", 0) == 0;
            if (node.getOpType().equals("GroupQueryAttention") && keepsAll && node.getOutputCount() > 2) {
                updates.put(node.getInput(3), node.getOutput(1));
                updates.put(node.getInput(4), node.getOutput(2));
            }
        }
        return updates;
    }

    String phase() {
        return workload.isDecoding() ? "decode" : "prefill";
    }

    /** Every input in Java's memory. */
    Map<String, Tensor> onHost() {
        requireRoom();
        Map<String, Tensor> all = new LinkedHashMap<>(inputs);
        caches.forEach(cache -> all.put(cache.input().name(), cache.zeros()));
        return all;
    }

    /** Two models have their caches at once. */
    private void requireRoom() {
        long all = caches.stream().mapToLong(Cache::bytes).sum();
        if (all > Runtime.getRuntime().maxMemory() / 2 || caches.stream().anyMatch(cache -> cache.bytes() > Integer.MAX_VALUE)) {
            throw new ToolException(ExitCode.USAGE, String.format(Locale.ROOT, "The caches of %s take %.1f GB, which is too much for"
                    + " Java's memory here; take fewer texts or tokens.", workload, all / 1e9));
        }
    }

    boolean keepsCachesInPlace() {
        return !caches.isEmpty() && caches.stream().allMatch(cache -> cache.updated().isPresent());
    }

    /** A contiguous part of a tensor. */
    record Part(long first, long... shape) {
        DoubleStream of(double[] all) {
            int size = Math.toIntExact(Arrays.stream(shape).reduce(1, Math::multiplyExact));
            return Arrays.stream(all, Math.toIntExact(first), Math.toIntExact(first) + size);
        }
    }

    /** What is read of a result of this shape: where it is [batch, tokens, numbers], the last token of each text. */
    List<Part> read(long[] shape) {
        boolean sequences = shape.length == 3 && shape[0] == workload.batch() && shape[1] == workload.tokens() && shape[1] > 1;
        return !sequences ? List.of(new Part(0, shape)) : IntStream.range(0, workload.batch())
                .mapToObj(text -> new Part(((text + 1) * shape[1] - 1) * shape[2], 1, 1, shape[2])).toList();
    }

    /** What is read of a result in Java's memory. */
    double[] read(Tensor result) {
        double[] all = result.doubles();
        return read(result.shape()).stream().flatMapToDouble(part -> part.of(all)).toArray();
    }
}
