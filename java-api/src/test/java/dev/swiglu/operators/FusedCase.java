package dev.swiglu.operators;

import dev.swiglu.Tensor;
import dev.swiglu.TensorType;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Inputs of {@code FusedSwiGLU} and {@code FusedSwiGLUGrad}, and what both must make of them. */
final class FusedCase {
    private final long[] rows;
    private final int m;
    private final int k;
    private final int n;
    private final Samples samples;
    private final Map<String, Tensor> inputs = new LinkedHashMap<>();
    private final Map<String, Object> attributes = new LinkedHashMap<>();
    private final Tensor dy;

    /** X [rows..., k] and W [k, n]. */
    FusedCase(TensorType type, int k, int n, long... rows) {
        this.rows = rows;
        this.m = (int) Arrays.stream(rows).reduce(1, (a, b) -> a * b);
        this.k = k;
        this.n = n;
        this.samples = new Samples(type);
        inputs.put("X", samples.normal(shape(k)));
        inputs.put("W_gate", samples.normal(k, n));
        inputs.put("W_up", samples.normal(k, n));
        this.dy = samples.normal(shape(n));
    }

    private long[] shape(long last) {
        long[] shape = Arrays.copyOf(rows, rows.length + 1);
        shape[rows.length] = last;
        return shape;
    }

    FusedCase attribute(String name, Object value) {
        attributes.put(name, value);
        return this;
    }

    FusedCase transposed() {
        for (String weights : List.of("W_gate", "W_up")) {
            inputs.put(weights, samples.normal(n, k));
        }
        return attribute("transB", 1L);
    }

    FusedCase bias(String slot) {
        inputs.put(slot, samples.normal(n));
        return this;
    }

    FusedCase biases() {
        return bias("b_gate").bias("b_up");
    }

    /** Gives the gradient a gate and an up that have nothing to do with X, so that it cannot have recomputed them. */
    FusedCase savedGateAndUp() {
        inputs.put("gate", samples.normal(shape(n)));
        inputs.put("up", samples.normal(shape(n)));
        return this;
    }

    Tensor input(String slot) {
        return inputs.get(slot);
    }

    OneNode forward() {
        return new OneNode("FusedSwiGLU").attributes(attributes).inputs(inputs);
    }

    OneNode gradient() {
        return new OneNode("FusedSwiGLUGrad").attributes(attributes).input("dY", dy).inputs(inputs);
    }

    /** Y, gate and up. */
    Map<String, Exact> exactForward() {
        double[] gate = projected("gate");
        double[] up = projected("up");
        return Map.of("Y", new Exact(shape(n), values(gate, up)), "gate", new Exact(shape(n), gate),
                "up", new Exact(shape(n), up));
    }

    private double[] values(double[] gate, double[] up) {
        Gate function = new Gate(attributes);
        double[] y = new double[m * n];
        for (int i = 0; i < y.length; i++) {
            y[i] = function.value(gate[i], up[i]);
        }
        return y;
    }

    /** Every output of both operators, by its name. */
    Map<String, Exact> exact() {
        Gate function = new Gate(attributes);
        Map<String, Exact> exact = new HashMap<>(exactForward());
        double[] gate = exact.get("gate").values();
        double[] up = exact.get("up").values();
        double[] d = dy.doubles();
        double[] dGate = new double[m * n];
        double[] dUp = new double[m * n];
        double[] gateSpread = new double[m * n];
        double[] upSpread = new double[m * n];
        double[] ySpread = new double[m * n];
        for (int i = 0; i < d.length; i++) {
            dGate[i] = d[i] * function.gateSlope(gate[i], up[i]);
            dUp[i] = d[i] * function.upSlope(gate[i], up[i]);
            // A GPU rounds gate and up, where it recomputes them, and then their gradients.
            double steepness = 2 * (1 + Math.abs(gate[i])) * (1 + Math.abs(gate[i]));
            gateSpread[i] = steepness * Math.abs(d[i]) * (1 + Math.abs(up[i]));
            upSpread[i] = steepness * Math.abs(d[i]);
            ySpread[i] = steepness * (1 + Math.abs(up[i]));
        }
        exact.put("Y", new Exact(shape(n), exact.get("Y").values(), ySpread));
        exact.put("dX", new Exact(shape(k), inputGradient(dGate, dUp, false), inputGradient(gateSpread, upSpread, true)));
        long[] weights = inputs.get("W_gate").shape();
        exact.put("dW_gate", new Exact(weights, weightGradient(dGate, false), weightGradient(gateSpread, true)));
        exact.put("dW_up", new Exact(weights, weightGradient(dUp, false), weightGradient(upSpread, true)));
        exact.put("db_gate", new Exact(new long[] {n}, columnSums(dGate), columnSums(gateSpread)));
        exact.put("db_up", new Exact(new long[] {n}, columnSums(dUp), columnSums(upSpread)));
        return exact;
    }

    /** Position of W[row of K, column of N]. */
    private int weight(int row, int column) {
        return attributes.containsKey("transB") ? column * k + row : row * n + column;
    }

    /** X·W + b, or what is given in its place. */
    private double[] projected(String name) {
        if (inputs.containsKey(name)) {
            return inputs.get(name).doubles();
        }
        double[] x = inputs.get("X").doubles();
        double[] w = inputs.get("W_" + name).doubles();
        double[] b = inputs.containsKey("b_" + name) ? inputs.get("b_" + name).doubles() : new double[n];
        double[] result = new double[m * n];
        for (int row = 0; row < m; row++) {
            for (int column = 0; column < n; column++) {
                double sum = b[column];
                for (int i = 0; i < k; i++) {
                    sum += x[row * k + i] * w[weight(i, column)];
                }
                result[row * n + column] = sum;
            }
        }
        return result;
    }

    private double[] factors(String input, boolean magnitudes) {
        double[] values = inputs.get(input).doubles();
        return magnitudes ? Arrays.stream(values).map(Math::abs).toArray() : values;
    }

    private double[] inputGradient(double[] dGate, double[] dUp, boolean magnitudes) {
        double[] wGate = factors("W_gate", magnitudes);
        double[] wUp = factors("W_up", magnitudes);
        double[] result = new double[m * k];
        for (int row = 0; row < m; row++) {
            for (int i = 0; i < k; i++) {
                for (int column = 0; column < n; column++) {
                    int at = row * n + column;
                    result[row * k + i] += dGate[at] * wGate[weight(i, column)] + dUp[at] * wUp[weight(i, column)];
                }
            }
        }
        return result;
    }

    private double[] weightGradient(double[] d, boolean magnitudes) {
        double[] x = factors("X", magnitudes);
        double[] result = new double[k * n];
        for (int row = 0; row < m; row++) {
            for (int i = 0; i < k; i++) {
                for (int column = 0; column < n; column++) {
                    result[weight(i, column)] += x[row * k + i] * d[row * n + column];
                }
            }
        }
        return result;
    }

    private double[] columnSums(double[] d) {
        double[] sums = new double[n];
        for (int i = 0; i < d.length; i++) {
            sums[i % n] += d[i];
        }
        return sums;
    }
}
