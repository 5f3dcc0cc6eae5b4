package dev.swiglu.tools.bench;

import dev.swiglu.ResidentRun;
import dev.swiglu.ResidentSession;
import dev.swiglu.ResidentTensor;
import dev.swiglu.Tensor;
import dev.swiglu.TensorType;
import dev.swiglu.ValueInfo;
import dev.swiglu.tools.bench.StepInputs.Cache;
import dev.swiglu.tools.verify.inputs.SampleInputs;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;

/**
 * A step as {@link ResidentModel} runs it. Caches that attention can keep in place have room for more tokens, as a generating
 * program would give them, and the mask then has zeros for those: captured graphs can go on to the next token.
 */
final class ResidentStep implements TimedStep {
    private static final String MASK = "attention_mask";
    /** Contexts are multiples of it, so that rounding up never leaves one. */
    private static final int ROOM = 64;

    private final StepInputs inputs;
    private final ResidentRun run;
    private final List<ResidentTensor> owned = new ArrayList<>();
    private final ResidentTensor tokens;
    private final ResidentTensor result;
    private List<Tensor> read = List.of();

    ResidentStep(ResidentSession session, StepInputs inputs, OptionalInt graph) {
        this.inputs = inputs;
        this.run = session.newRun();
        inputs.inputs().forEach((name, tensor) -> run.input(name, owned(session.upload(withRoom(name, tensor)))));
        Tensor ids = inputs.inputs().get(SampleInputs.TOKENS);
        this.tokens = ids == null ? null : owned(session.upload(ids));
        if (tokens != null) {
            run.input(SampleInputs.TOKENS, tokens);
        }
        Set<String> bound = new HashSet<>();
        for (Cache cache : inputs.caches()) {
            ResidentTensor buffer = owned(session.allocate(cache.input().type(), shape(cache)));
            run.input(cache.input().name(), buffer);
            if (inputs.keepsCachesInPlace()) {
                run.output(cache.updated().orElseThrow(), buffer);
                bound.add(cache.updated().orElseThrow());
            }
        }
        session.outputs().stream().map(ValueInfo::name).filter(name -> !bound.contains(name)).forEach(run::output);
        run.run();
        this.result = owned(run.take(inputs.result()));
        run.output(inputs.result(), result);
        graph.ifPresent(run::graph);
    }

    private ResidentTensor owned(ResidentTensor tensor) {
        owned.add(tensor);
        return tensor;
    }

    private long places() {
        return (inputs.workload().total() + ROOM - 1) / ROOM * ROOM;
    }

    private long[] shape(Cache cache) {
        long[] shape = cache.input().shape().clone();
        if (inputs.keepsCachesInPlace()) {
            shape[2] = places();
        }
        return shape;
    }

    private Tensor withRoom(String name, Tensor tensor) {
        boolean widened = name.equals(MASK) && tensor.type() == TensorType.INT64 && tensor.shape().length == 2
                && inputs.keepsCachesInPlace() && inputs.workload().isDecoding();
        if (!widened) {
            return tensor;
        }
        int columns = (int) tensor.shape()[1];
        int places = (int) places();
        long[] given = tensor.longs();
        long[] values = new long[inputs.workload().batch() * places];
        for (int text = 0; text < inputs.workload().batch(); text++) {
            System.arraycopy(given, text * columns, values, text * places, columns);
        }
        return Tensor.int64(values, inputs.workload().batch(), places);
    }

    @Override
    public void run() {
        if (tokens != null) {
            tokens.upload(inputs.inputs().get(SampleInputs.TOKENS));
        }
        run.run();
        read = inputs.read(result.shape()).stream().map(part -> result.download(part.first(), part.shape())).toList();
    }

    @Override
    public double[] result() {
        return read.stream().flatMapToDouble(tensor -> Arrays.stream(tensor.doubles())).toArray();
    }

    @Override
    public void close() {
        run.close();
        owned.forEach(ResidentTensor::close);
    }
}
