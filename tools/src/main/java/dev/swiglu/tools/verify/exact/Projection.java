package dev.swiglu.tools.verify.exact;

import dev.swiglu.tools.onnx.DoubleSource;
import java.util.stream.IntStream;

/**
 * X·W + b in float64. Weights are read once, in the order in which they are stored, a strip of columns per task; so the
 * time goes into reading them, and the memory is that of the result.
 *
 * @param inner K, the length of a row of X
 * @param columns N, the length of a row of the result
 * @param transposed whether W is stored [N, K] instead of [K, N]
 * @param bias N values, or null
 */
public record Projection(DoubleSource weights, int inner, int columns, boolean transposed, double[] bias) {

    private static final int STRIP = 128;

    public double[] of(double[] x, int rows) {
        double[] result = new double[Math.multiplyExact(rows, columns)];
        if (bias != null) {
            for (int row = 0; row < rows; row++) {
                System.arraycopy(bias, 0, result, row * columns, columns);
            }
        }
        IntStream.range(0, (columns + STRIP - 1) / STRIP).parallel().forEach(strip -> {
            int from = strip * STRIP;
            int to = Math.min(from + STRIP, columns);
            if (transposed) {
                addDotProducts(x, rows, result, from, to);
            } else {
                addOuterProducts(x, rows, result, from, to);
            }
        });
        return result;
    }

    private void addOuterProducts(double[] x, int rows, double[] result, int from, int to) {
        int width = to - from;
        double[] weightRow = new double[width];
        for (int k = 0; k < inner; k++) {
            weights.read((long) k * columns + from, weightRow, width);
            for (int row = 0; row < rows; row++) {
                double factor = x[row * inner + k];
                int target = row * columns + from;
                for (int j = 0; j < width; j++) {
                    result[target + j] += factor * weightRow[j];
                }
            }
        }
    }

    private void addDotProducts(double[] x, int rows, double[] result, int from, int to) {
        double[] weightRow = new double[inner];
        for (int column = from; column < to; column++) {
            weights.read((long) column * inner, weightRow, inner);
            for (int row = 0; row < rows; row++) {
                double sum = 0;
                for (int k = 0; k < inner; k++) {
                    sum += x[row * inner + k] * weightRow[k];
                }
                result[row * columns + column] += sum;
            }
        }
    }
}
