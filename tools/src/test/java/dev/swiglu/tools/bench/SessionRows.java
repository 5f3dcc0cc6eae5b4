package dev.swiglu.tools.bench;

import dev.swiglu.Device;
import dev.swiglu.ModelSession;
import dev.swiglu.Tensor;
import dev.swiglu.TensorType;
import dev.swiglu.ValueInfo;
import dev.swiglu.tools.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * What {@code session_bench} times, through {@link ModelSession}: inputs come from the CPU and outputs go back there. Not a test;
 * {@code bench/sessions.sh} runs it on a GPU machine:
 *
 * <pre>SessionRows ORIGINAL REWRITTEN MODEL_NAME DEVICE_INDEX|cpu TOKENS,TOKENS,... ROWS_FILE</pre>
 */
final class SessionRows {
    private static final double SECONDS_PER_MODEL = 0.4;
    private static final int LEAST_RUNS = 5;
    private static final int MOST_RUNS = 200;

    private record Row(String op, String model, String phase, String dtype, int M, double us, Map<String, Double> baselines) {}

    private SessionRows() {}

    public static void main(String[] arguments) throws IOException {
        Device device = arguments[3].equals("cpu") ? Device.cpu() : Device.cuda(Integer.parseInt(arguments[3]));
        List<Row> rows = new ArrayList<>();
        try (ModelSession original = ModelSession.builder(Path.of(arguments[0])).device(device).withoutOperators().open();
                ModelSession rewritten = ModelSession.builder(Path.of(arguments[1])).device(device).open()) {
            for (String tokens : arguments[4].split(",")) {
                rows.add(row(arguments[2], original, rewritten, Integer.parseInt(tokens)));
            }
        }
        Files.writeString(Path.of(arguments[5]), Json.of(rows));
    }

    private static Row row(String model, ModelSession original, ModelSession rewritten, int tokens) {
        ValueInfo input = original.inputs().get(0);
        Map<String, Tensor> inputs = Map.of(input.name(), normal(input.type(), tokens, input.shape().get(1).intValue()));
        int runs = runs(original, inputs);
        double[][] times = new double[2][runs];
        for (int run = 0; run < runs; run++) {
            for (int turn = 0; turn < 2; turn++) {
                int side = (run + turn) % 2;
                times[side][run] = microseconds(side == 0 ? original : rewritten, inputs);
            }
        }
        Row row = new Row("session", model, "java-m" + tokens, input.type().toString(), tokens, median(times[1]),
                Map.of("ort", median(times[0])));
        System.out.printf("%-22s %-9s java M %5d  ort %9.1f us  rewritten %9.1f us  %.3f x%n", model, row.dtype(), tokens,
                row.baselines().get("ort"), row.us(), row.baselines().get("ort") / row.us());
        return row;
    }

    private static int runs(ModelSession session, Map<String, Tensor> inputs) {
        for (int run = 0; run < 3; run++) {
            session.run(inputs);
        }
        double possible = SECONDS_PER_MODEL * 1e6 / microseconds(session, inputs);
        return (int) Math.max(LEAST_RUNS, Math.min(MOST_RUNS, possible));
    }

    private static double microseconds(ModelSession session, Map<String, Tensor> inputs) {
        long start = System.nanoTime();
        session.run(inputs);
        return (System.nanoTime() - start) / 1e3;
    }

    private static double median(double[] times) {
        Arrays.sort(times);
        return times[times.length / 2];
    }

    private static Tensor normal(TensorType type, int rows, int columns) {
        float[] values = new float[rows * columns];
        Random random = new Random(7);
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return switch (type) {
            case FLOAT16 -> Tensor.float16(values, rows, columns);
            case BFLOAT16 -> Tensor.bfloat16(values, rows, columns);
            default -> Tensor.float32(values, rows, columns);
        };
    }
}
