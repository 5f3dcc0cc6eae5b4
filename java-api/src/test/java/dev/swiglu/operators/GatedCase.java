package dev.swiglu.operators;

import dev.swiglu.Tensor;
import dev.swiglu.TensorType;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Inputs of {@code SwiGLU} and {@code SwiGLUGrad}, and what both must make of them. Packed, {@code A} holds gate and up in its
 * last dimension and {@code B} is left out.
 */
final class GatedCase {
    private final TensorType type;
    private final long[] shape;
    private final Map<String, ?> attributes;
    private final Tensor gate;
    private final Tensor up;
    private final Tensor dy;
    private final String layout;

    private GatedCase(Tensor gate, Tensor up, String layout, Map<String, ?> attributes) {
        this.type = gate.type();
        this.shape = gate.shape();
        this.gate = gate;
        this.up = up;
        this.dy = new Samples(type).normal(shape);
        this.layout = layout;
        Map<String, Object> all = new LinkedHashMap<>(attributes);
        if (layout != null) {
            all.put("layout", layout);
        }
        this.attributes = all;
    }

    static GatedCase separate(Tensor a, Tensor b, Map<String, ?> attributes) {
        return new GatedCase(a, b, null, attributes);
    }

    static GatedCase separate(TensorType type, Map<String, ?> attributes, long... shape) {
        Samples samples = new Samples(type);
        return separate(samples.normal(shape), samples.normal(shape), attributes);
    }

    /** @param shape of gate and of up; {@code A} is twice as long in the last dimension */
    static GatedCase packed(TensorType type, String layout, Map<String, ?> attributes, long... shape) {
        Samples samples = new Samples(type);
        return new GatedCase(samples.normal(shape), samples.normal(shape), layout, attributes);
    }

    OneNode forward() {
        return new OneNode("SwiGLU").attributes(attributes).inputs(operands());
    }

    OneNode gradient() {
        return new OneNode("SwiGLUGrad").attributes(attributes).input("dY", dy).inputs(operands());
    }

    private Map<String, Tensor> operands() {
        Map<String, Tensor> operands = new LinkedHashMap<>();
        if (layout == null) {
            operands.put("A", gate);
            operands.put("B", up);
        } else {
            Exact packed = pack(gate.doubles(), up.doubles());
            operands.put("A", Samples.tensor(type, packed.values(), packed.shape()));
        }
        return operands;
    }

    /** Every output of both operators, by its name. */
    Map<String, Exact> exact() {
        Gate function = new Gate(attributes);
        double[] g = gate.doubles();
        double[] u = up.doubles();
        double[] d = dy.doubles();
        double[] y = new double[g.length];
        double[] dGate = new double[g.length];
        double[] dUp = new double[g.length];
        for (int i = 0; i < g.length; i++) {
            y[i] = function.value(g[i], u[i]);
            dGate[i] = d[i] * function.gateSlope(g[i], u[i]);
            dUp[i] = d[i] * function.upSlope(g[i], u[i]);
        }
        Exact result = new Exact(shape, y);
        return layout == null ? Map.of("Y", result, "dA", new Exact(shape, dGate), "dB", new Exact(shape, dUp))
                : Map.of("Y", result, "dA", pack(dGate, dUp));
    }

    private Exact pack(double[] gates, double[] ups) {
        int n = (int) shape[shape.length - 1];
        double[] packed = new double[2 * gates.length];
        for (int i = 0; i < gates.length; i++) {
            int row = i / n * 2 * n;
            int column = i % n;
            switch (layout) {
                case "concat" -> {
                    packed[row + column] = gates[i];
                    packed[row + n + column] = ups[i];
                }
                case "concat_swapped" -> {
                    packed[row + column] = ups[i];
                    packed[row + n + column] = gates[i];
                }
                case "interleaved" -> {
                    packed[row + 2 * column] = gates[i];
                    packed[row + 2 * column + 1] = ups[i];
                }
                default -> throw new IllegalArgumentException(layout);
            }
        }
        long[] packedShape = Arrays.copyOf(shape, shape.length);
        packedShape[shape.length - 1] = 2 * n;
        return new Exact(packedShape, packed);
    }

    @Override
    public String toString() {
        return type + Arrays.toString(shape) + attributes;
    }
}
