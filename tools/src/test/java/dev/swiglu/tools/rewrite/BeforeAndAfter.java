package dev.swiglu.tools.rewrite;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import dev.swiglu.ModelException;
import dev.swiglu.ModelSession;
import dev.swiglu.SessionBuilder;
import dev.swiglu.Tensor;
import dev.swiglu.tools.onnx.ModelFile;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A small float32 graph, rewritten: every output is the same with our kernels and without our library, whatever is fed to
 * overridable initializers, and the original comes back.
 */
final class BeforeAndAfter {
    private static final int DYNAMIC_SIZE = 3;
    private static final double BOUND = 1e-5;

    private BeforeAndAfter() {}

    /** Checks all of that; answers what the rewrite found. */
    static List<Site> check(ModelProto original) {
        Rewriter rewriter = Rewriter.of(file(original), Mode.AUTO);
        ModelProto rewritten = rewriter.result("test").orElse(original);
        assertSameOutputs(original, rewritten);
        if (!withoutDefaults(original).equals(original)) {
            assertSameOutputs(withoutDefaults(original), withoutDefaults(rewritten));
        }
        Restoration.of(rewritten).ifPresent(back -> assertEquals(original, back.model(), "restored"));
        return rewriter.sites();
    }

    private static void assertSameOutputs(ModelProto original, ModelProto rewritten) {
        Map<String, Tensor> inputs = inputs(original.getGraph());
        Map<String, Tensor> expected = run(builder(original).withoutOperators(), inputs);
        if (rewritten.equals(original)) {
            return;
        }
        try {
            assertSame(expected, run(builder(rewritten).config(SessionBuilder.CPU_FUSION, "kernel"), inputs), "with our kernels");
            assertSame(expected, run(builder(rewritten).withoutOperators(), inputs), "without our library");
        } catch (ModelException | IllegalArgumentException refused) {
            fail("The rewritten model does not run: " + refused.getMessage(), refused);
        }
    }

    private static void assertSame(Map<String, Tensor> expected, Map<String, Tensor> actual, String how) {
        assertEquals(expected.keySet(), actual.keySet());
        expected.forEach((name, tensor) -> {
            assertArrayEquals(tensor.shape(), actual.get(name).shape(), name + " " + how);
            double[] left = tensor.doubles();
            double[] right = actual.get(name).doubles();
            double largest = 1;
            for (double value : left) {
                largest = Math.max(largest, Math.abs(value));
            }
            for (int i = 0; i < left.length; i++) {
                boolean same = Math.abs(left[i] - right[i]) <= BOUND * largest || Double.compare(left[i], right[i]) == 0;
                assertTrue(same, name + " " + how + " at " + i + ": " + left[i] + " before, " + right[i] + " after");
            }
        });
    }

    private static Map<String, Tensor> run(SessionBuilder builder, Map<String, Tensor> inputs) {
        try (ModelSession session = builder.threads(1).open()) {
            return session.run(inputs).asMap();
        }
    }

    private static SessionBuilder builder(ModelProto model) {
        byte[] bytes = model.toByteArray();
        return ModelSession.builder(ByteBuffer.allocateDirect(bytes.length).put(bytes).flip(), Path.of("."));
    }

    private static ModelFile file(ModelProto model) {
        ByteString bytes = model.toByteString();
        return new ModelFile(Path.of("test.onnx"), model, bytes);
    }

    /** The model whose overridable initializers have to be fed. */
    private static ModelProto withoutDefaults(ModelProto model) {
        Set<String> inputs = model.getGraph().getInputList().stream().map(ValueInfoProto::getName).collect(Collectors.toSet());
        GraphProto.Builder graph = model.getGraph().toBuilder().clearInitializer();
        model.getGraph().getInitializerList().stream().filter(tensor -> !inputs.contains(tensor.getName()))
                .forEach(graph::addInitializer);
        return model.toBuilder().setGraph(graph).build();
    }

    private static Map<String, Tensor> inputs(GraphProto graph) {
        Random random = new Random(3);
        Set<String> given = graph.getInitializerList().stream().map(TensorProto::getName).collect(Collectors.toSet());
        Map<String, Tensor> inputs = new LinkedHashMap<>();
        for (ValueInfoProto input : graph.getInputList()) {
            if (!given.contains(input.getName())) {
                inputs.put(input.getName(), drawn(input, random));
            }
        }
        return inputs;
    }

    private static Tensor drawn(ValueInfoProto input, Random random) {
        long[] shape = input.getType().getTensorType().getShape().getDimList().stream()
                .mapToLong(size -> size.hasDimValue() ? size.getDimValue() : DYNAMIC_SIZE).toArray();
        int size = 1;
        for (long dimension : shape) {
            size = Math.multiplyExact(size, (int) dimension);
        }
        int type = input.getType().getTensorType().getElemType();
        if (type == TensorProto.DataType.BOOL_VALUE) {
            return Tensor.bool(new boolean[] {true}, shape);
        }
        if (type == TensorProto.DataType.INT64_VALUE) {
            return Tensor.int64(new long[size], shape);
        }
        float[] values = new float[size];
        for (int i = 0; i < size; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return Tensor.float32(values, shape);
    }
}
