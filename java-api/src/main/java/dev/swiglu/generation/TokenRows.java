package dev.swiglu.generation;

import dev.swiglu.ModelException;
import dev.swiglu.Tensor;
import dev.swiglu.TensorType;
import dev.swiglu.ValueInfo;
import dev.swiglu.generation.ModelLayout.Role;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntBinaryOperator;

/** The texts of one batch, one in each row, ending together: shorter ones begin with padding. Grows by a column in each step. */
final class TokenRows {
    private final int[] padding;
    private int[][] tokens;
    private int length;

    TokenRows(List<int[]> prompts) {
        length = prompts.stream().mapToInt(prompt -> prompt.length).max().orElseThrow();
        padding = prompts.stream().mapToInt(prompt -> length - prompt.length).toArray();
        tokens = new int[prompts.size()][length];
        for (int row = 0; row < tokens.length; row++) {
            System.arraycopy(prompts.get(row), 0, tokens[row], padding[row], length - padding[row]);
        }
    }

    int count() {
        return tokens.length;
    }

    /** Columns, with padding. */
    int length() {
        return length;
    }

    /** @param column the next token of each row */
    void append(int[] column) {
        if (length == tokens[0].length) {
            Arrays.setAll(tokens, row -> Arrays.copyOf(tokens[row], 2 * length));
        }
        for (int row = 0; row < tokens.length; row++) {
            tokens[row][length] = column[row];
        }
        length++;
    }

    /**
     * What the model is given to read the columns from {@code from} up to {@code to}, by input name; the cache is not among it.
     *
     * @param maskLength {@code to}, or more, for a mask whose length does not change from step to step
     */
    Map<String, Tensor> inputs(ModelLayout layout, int from, int to, int maskLength) {
        Map<String, Tensor> inputs = new LinkedHashMap<>();
        layout.inputs().forEach((role, input) -> inputs.put(input.name(), input(role, input, from, to, maskLength)));
        return inputs;
    }

    private Tensor input(Role role, ValueInfo input, int from, int to, int maskLength) {
        int rows = tokens.length;
        return switch (role) {
            case TOKENS -> tensor(input, (row, column) -> tokens[row][from + column], rows, to - from);
            case ATTENTION_MASK ->
                    tensor(input, (row, column) -> column >= padding[row] && column < to ? 1 : 0, rows, maskLength);
            case POSITIONS -> tensor(input, (row, column) -> Math.max(0, from + column - padding[row]), rows, to - from);
            case CACHE_POSITION -> tensor(input, (row, column) -> from + column, to - from);
            case USE_CACHE -> tensor(input, (row, column) -> from > 0 ? 1 : 0, 1);
        };
    }

    /** @param shape of one or two dimensions */
    private static Tensor tensor(ValueInfo input, IntBinaryOperator value, int... shape) {
        int columns = shape[shape.length - 1];
        int rows = shape.length == 2 ? shape[0] : 1;
        long[] values = new long[rows * columns];
        for (int row = 0; row < rows; row++) {
            for (int column = 0; column < columns; column++) {
                values[row * columns + column] = value.applyAsInt(row, column);
            }
        }
        return integers(input, values, Arrays.stream(shape).asLongStream().toArray());
    }

    private static Tensor integers(ValueInfo input, long[] values, long[] shape) {
        if (input.type() == TensorType.INT64) {
            return Tensor.int64(values, shape);
        }
        if (input.type() == TensorType.INT32) {
            return Tensor.int32(Arrays.stream(values).mapToInt(Math::toIntExact).toArray(), shape);
        }
        if (input.type() == TensorType.BOOL) {
            boolean[] flags = new boolean[values.length];
            for (int i = 0; i < flags.length; i++) {
                flags[i] = values[i] != 0;
            }
            return Tensor.bool(flags, shape);
        }
        throw new ModelException("The model's input " + input + " should be int64, int32 or bool.");
    }
}
