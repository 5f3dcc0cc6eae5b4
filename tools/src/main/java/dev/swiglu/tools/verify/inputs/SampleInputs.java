package dev.swiglu.tools.verify.inputs;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.swiglu.Tensor;
import dev.swiglu.TensorType;
import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.ToolException;
import dev.swiglu.tools.onnx.GraphIndex;
import dev.swiglu.tools.onnx.ModelFile;
import dev.swiglu.tools.onnx.Scope;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;

/**
 * Inputs that a language model could meet, made from nothing but its graph: token ids within the vocabulary, masks and
 * positions that fit the cache, everything else normally distributed. What an input means is read from its name, as the
 * exporters spell it; dimensions that share a symbolic name share a size. The same seed makes the same inputs.
 */
public final class SampleInputs {

    public static final String TOKENS = "input_ids";

    private static final Workload PREFILL = new Workload(2, 7, 0);
    private static final Workload DECODE = new Workload(1, 1, 5);

    private final GraphProto graph;
    private final Scope scope;
    private final long seed;

    public SampleInputs(ModelFile model, long seed) {
        this.graph = model.proto().getGraph();
        this.scope = GraphIndex.of(model.proto(), model.path()).main();
        this.seed = seed;
    }

    /** Reading a prompt and writing one token: the two shapes that kernels treat differently. */
    public List<Sample> all() {
        return Stream.of(PREFILL, DECODE).map(this::fitted).distinct().map(this::of).toList();
    }

    /** A text of these tokens from its beginning; as many as {@link #fitted} allows. */
    public Sample reading(long[] tokens) {
        Workload workload = fitted(new Workload(1, tokens.length, 0));
        ValueInfoProto ids = GraphInputs.required(graph).stream().filter(input -> input.getName().equals(TOKENS)).findFirst()
                .orElseThrow(() -> new ToolException(ExitCode.USAGE,
                        "The model has no input '" + TOKENS + "', so it cannot read a token file."));
        long[] rows = new long[workload.batch() * tokens.length];
        Arrays.setAll(rows, i -> tokens[i % tokens.length]);
        Map<String, Tensor> inputs = new LinkedHashMap<>(of(workload).inputs());
        inputs.put(TOKENS, TypedTensors.integer(GraphInputs.type(ids), rows, workload.batch(), tokens.length));
        return new Sample(workload.toString(), inputs);
    }

    /** Inputs for a workload that {@link #fitted} has answered. */
    public Sample of(Workload workload) {
        Map<String, Tensor> inputs = new LinkedHashMap<>();
        for (ValueInfoProto input : GraphInputs.required(graph)) {
            inputs.put(input.getName(), tensor(input, workload));
        }
        return new Sample(workload.toString(), inputs);
    }

    /** As {@link #of}, without the key-value cache, which {@link #caches} describes. */
    public Map<String, Tensor> besidesCaches(Workload workload) {
        Map<String, Tensor> inputs = new LinkedHashMap<>();
        GraphInputs.required(graph).stream().filter(input -> !isCache(input))
                .forEach(input -> inputs.put(input.getName(), tensor(input, workload)));
        return inputs;
    }

    public List<CacheInput> caches(Workload workload) {
        return GraphInputs.required(graph).stream().filter(SampleInputs::isCache)
                .map(input -> new CacheInput(input.getName(), GraphInputs.type(input), shape(input, workload))).toList();
    }

    /** The nearest workload that the graph allows: sizes that it fixes are kept, and without a cache there is no past. */
    public Workload fitted(Workload wanted) {
        int batch = wanted.batch();
        int tokens = wanted.tokens();
        int past = 0;
        for (ValueInfoProto input : GraphInputs.required(graph)) {
            if (isTokens(input)) {
                batch = fixed(input, 0, batch);
                tokens = fixed(input, 1, tokens);
            } else if (isCache(input)) {
                past = fixed(input, 2, wanted.past());
            }
        }
        return new Workload(batch, tokens, past);
    }

    private Tensor tensor(ValueInfoProto input, Workload workload) {
        TensorType type = GraphInputs.type(input);
        long[] shape = shape(input, workload);
        long elements = Arrays.stream(shape).reduce(1, Math::multiplyExact);
        if (elements > Integer.MAX_VALUE / Long.BYTES) {
            throw new ToolException(ExitCode.USAGE, "Input '" + input.getName() + "' would be too large: "
                    + Arrays.toString(shape) + "; take fewer texts or tokens.");
        }
        int size = (int) elements;
        Random random = new Random(seed ^ (long) input.getName().hashCode() << 20);
        String name = input.getName().toLowerCase(Locale.ROOT);
        if (type.isFloatingPoint()) {
            double[] values = new double[size];
            // an additive mask that masks nothing is zero; a multiplicative one, of rank 2, is one
            Arrays.setAll(values, i -> !name.contains("mask") ? random.nextGaussian() : shape.length == 2 ? 1 : 0);
            return TypedTensors.real(type, values, shape);
        }
        long[] values = new long[size];
        int row = shape.length == 0 ? 1 : Math.max(1, Math.toIntExact(shape[shape.length - 1]));
        long vocabulary = type == TensorType.BOOL ? 2 : Vocabulary.size(graph, input.getName());
        Arrays.setAll(values, i -> integer(name, workload, i % row, random, vocabulary));
        return TypedTensors.integer(type, values, shape);
    }

    private static long integer(String name, Workload workload, int column, Random random, long vocabulary) {
        if (name.contains("mask")) {
            return 1;
        }
        if (name.contains("position")) {
            return workload.past() + column;
        }
        if (name.contains("seqlens_k")) {
            return workload.total() - 1;
        }
        if (name.contains("total_seq")) {
            return workload.total();
        }
        if (name.contains("past_seq")) {
            return workload.past();
        }
        if (name.equals("use_cache_branch")) {
            return workload.past() > 0 ? 1 : 0;
        }
        return name.contains("token_type") ? 0 : random.nextInt(Math.toIntExact(vocabulary));
    }

    private long[] shape(ValueInfoProto input, Workload workload) {
        TensorShapeProto shape = input.getType().getTensorType().getShape();
        long[] sizes = new long[shape.getDimCount()];
        for (int axis = 0; axis < sizes.length; axis++) {
            TensorShapeProto.Dimension dimension = shape.getDim(axis);
            sizes[axis] = dimension.hasDimValue() && dimension.getDimValue() >= 0
                    ? dimension.getDimValue() : size(input, axis, sizes.length, workload);
        }
        return sizes;
    }

    private long size(ValueInfoProto input, int axis, int rank, Workload workload) {
        String name = input.getType().getTensorType().getShape().getDim(axis).getDimParam().toLowerCase(Locale.ROOT);
        if (isCache(input) && axis >= 2) {
            Optional<AttentionCache> cache = AttentionCache.takenFrom(scope, input.getName());
            return axis == 2
                    ? cache.map(known -> known.places(workload.past())).orElse((long) workload.past())
                    : cache.flatMap(AttentionCache::headSize).orElse((long) workload.tokens());
        }
        // "past_sequence_length + sequence_length" is how optimum spells the total
        if (name.contains("total") || name.contains("+")) {
            return workload.total();
        }
        if (name.contains("past")) {
            return workload.past();
        }
        if (name.contains("batch")) {
            return workload.batch();
        }
        if (name.contains("seq") || name.contains("tok") || name.contains("len")) {
            return workload.tokens();
        }
        return axis == 0 && rank > 1 ? workload.batch() : workload.tokens();
    }

    private static int fixed(ValueInfoProto input, int axis, int otherwise) {
        TensorShapeProto shape = input.getType().getTensorType().getShape();
        boolean given = axis < shape.getDimCount() && shape.getDim(axis).hasDimValue();
        return given ? Math.toIntExact(shape.getDim(axis).getDimValue()) : otherwise;
    }

    private static boolean isTokens(ValueInfoProto input) {
        return input.getName().equals(TOKENS) || input.getName().equals("inputs_embeds");
    }

    private static boolean isCache(ValueInfoProto input) {
        String name = input.getName().toLowerCase(Locale.ROOT);
        return name.startsWith("past") && (name.contains("key") || name.contains("value"));
    }
}
