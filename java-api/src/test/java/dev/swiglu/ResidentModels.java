package dev.swiglu;

import static dev.swiglu.TensorType.FLOAT16;
import static dev.swiglu.TensorType.FLOAT32;
import static dev.swiglu.TensorType.INT32;
import static dev.swiglu.TensorType.INT64;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/** Small models to run with resident tensors, and what to give them. */
final class ResidentModels {
    static final int HEAD = 64;
    static final int SIDE = 256;

    private ResidentModels() {}

    /** {@code sum = x + more}, and {@code negative = -sum}. */
    static OnnxModel adder() {
        return OnnxModel.opset(17).input("x", FLOAT32, "rows", 2).input("more", FLOAT32, "rows", 2)
                .node("Add", "x more -> sum").node("Neg", "sum -> negative")
                .output("sum", FLOAT32, "rows", 2).output("negative", FLOAT32, "rows", 2);
    }

    /** {@code x} multiplied by a row-exchanging matrix often enough to take a while. */
    static OnnxModel slow(int products) {
        float[] exchange = new float[SIDE * SIDE];
        for (int row = 0; row < SIDE; row++) {
            exchange[row * SIDE + SIDE - 1 - row] = 1;
        }
        OnnxModel model = OnnxModel.opset(17).input("x", FLOAT32, SIDE, SIDE)
                .constant("w", Tensor.float32(exchange, SIDE, SIDE)).node("Identity", "x -> y0");
        for (int i = 0; i < products; i++) {
            model.node("MatMul", "w y" + i + " -> y" + (i + 1));
        }
        return model.output("y" + products, FLOAT32, SIDE, SIDE);
    }

    /** Attention of two heads over a key-value cache of one. */
    static OnnxModel attention() {
        return OnnxModel.opset(17).using("com.microsoft", 1)
                .input("query", FLOAT16, 1, "length", 2 * HEAD).input("key", FLOAT16, 1, "length", HEAD)
                .input("value", FLOAT16, 1, "length", HEAD)
                .input("past_key", FLOAT16, 1, 1, "past", HEAD).input("past_value", FLOAT16, 1, 1, "past", HEAD)
                .input("last", INT32, 1).input("total", INT32, 1)
                .node("com.microsoft:GroupQueryAttention",
                        "query key value past_key past_value last total -> y present_key present_value",
                        Map.of("num_heads", 2L, "kv_num_heads", 1L))
                .output("y", FLOAT16, 1, "length", 2 * HEAD)
                .output("present_key", FLOAT16, 1, 1, "all", HEAD).output("present_value", FLOAT16, 1, 1, "all", HEAD);
    }

    static Tensor random(int seed, long... shape) {
        return Tensor.float16(normal(seed, (int) Shape.elements(shape)), shape);
    }

    /** Binds {@code length} new tokens after {@code past} others. */
    static ResidentRun bindTokens(ResidentRun run, int past, int length) {
        return run.input("query", random(past, 1, length, 2 * HEAD)).input("key", random(past + 100, 1, length, HEAD))
                .input("value", random(past + 200, 1, length, HEAD))
                .input("last", Tensor.int32(new int[] {past + length - 1}, 1))
                .input("total", Tensor.int32(new int[] {past + length}, 1));
    }

    /** Ones for integers and random numbers for the rest, in shapes whose symbols have these sizes. */
    static Map<String, Tensor> inputs(List<ValueInfo> declared, Map<String, Long> sizes) {
        Map<String, Tensor> inputs = new LinkedHashMap<>();
        for (ValueInfo input : declared) {
            long[] shape = IntStream.range(0, input.shape().size())
                    .mapToLong(axis -> sizes.getOrDefault(input.symbols().get(axis), input.shape().get(axis))).toArray();
            int count = (int) Shape.elements(shape);
            inputs.put(input.name(), input.type() == INT64
                    ? Tensor.int64(LongStream.generate(() -> 1).limit(count).toArray(), shape)
                    : Tensor.float32(normal(inputs.size(), count), shape));
        }
        return inputs;
    }

    private static float[] normal(int seed, int count) {
        Random random = new Random(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    static Tensor rows(float... values) {
        return Tensor.float32(values, values.length / 2, 2);
    }
}
