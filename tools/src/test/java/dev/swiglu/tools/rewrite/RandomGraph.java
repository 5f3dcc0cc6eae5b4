package dev.swiglu.tools.rewrite;

import ai.onnx.proto.OnnxMl.AttributeProto;
import dev.swiglu.tools.ModelBuilder;
import dev.swiglu.tools.onnx.Attributes;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/**
 * A graph drawn from a seed out of what gated MLPs are made of, mostly put together as one puts a gated MLP together: any
 * spelling, right or slightly wrong, of any value so far, any of which may also be read elsewhere.
 */
final class RandomGraph {
    private static final int ROWS = 3;
    private static final int NARROW = 8;
    private static final int WIDE = 16;
    private static final List<String> UNARY = List.of("Sigmoid", "Relu", "Tanh", "Neg", "Identity", "Erf", "Softplus",
            "com.microsoft::Gelu", "com.microsoft::FastGelu");
    private static final float[] CONSTANTS = {1, 1, 0.5f, 2, 1.702f, 1.4142135f, 0.70710677f, 0.044715f, 0.7978846f, -1};

    /** A matrix of {@link #ROWS} rows. */
    private record Value(String name, int columns) {}

    private final Random random;
    private final ModelBuilder graph = new ModelBuilder();
    private final List<Value> values = new ArrayList<>();
    private final Set<Value> unread = new LinkedHashSet<>();
    private final List<String> narrowWeights = new ArrayList<>();
    private int names;

    private RandomGraph(long seed) {
        random = new Random(seed);
    }

    static ModelBuilder of(long seed) {
        return new RandomGraph(seed).drawn();
    }

    private ModelBuilder drawn() {
        graph.input("X", ROWS, NARROW).input("Z", ROWS, NARROW).flag("condition");
        values.add(new Value("X", NARROW));
        values.add(new Value("X", NARROW));
        values.add(new Value("Z", NARROW));
        for (int steps = 2 + random.nextInt(4); steps > 0; steps--) {
            switch (random.nextInt(10)) {
                case 0 -> values.add(unary(any(values)));
                case 1 -> values.add(binary(any(values)));
                case 2 -> values.add(captured(any(values)));
                default -> gatedMlp();
            }
        }
        unread.forEach(value -> graph.output(value.name, ROWS, value.columns));
        values.stream().filter(value -> !unread.contains(value) && value.name.startsWith("v") && chance(0.02)).distinct()
                .forEach(value -> graph.output(value.name, ROWS, value.columns));
        return graph;
    }

    private void gatedMlp() {
        Value x = any(of(NARROW));
        Value gate;
        Value up;
        if (chance(0.25)) {
            Value packed = projection(x, 2 * WIDE);
            List<Value> halves = halves(packed);
            boolean swapped = chance(0.3);
            gate = halves.get(swapped ? 1 : 0);
            up = halves.get(swapped ? 0 : 1);
        } else {
            gate = projection(x, WIDE);
            up = chance(0.85) ? projection(chance(0.85) ? x : any(of(NARROW)), WIDE) : chance(0.5) ? gate : other(gate);
        }
        Value activated = activation(gate);
        up = chance(0.03) ? activated : up;
        Value product = chance(0.95) ? multiplied(activated, up) : node("Add", WIDE, activated, up);
        values.add(product);
        if (chance(0.5)) {
            values.add(shrunk(projection(product, NARROW)));
        }
    }

    /** Read in a body. */
    private Value captured(Value x) {
        Value result = new Value(name("v"), x.columns);
        String whenTrue = name("v");
        String whenFalse = name("v");
        graph.branch(result.name, "condition", new ModelBuilder().silu(x.name, whenTrue).output(whenTrue, ROWS, x.columns),
                new ModelBuilder().node("Identity", whenFalse, x.name).output(whenFalse, ROWS, x.columns));
        unread.remove(x);
        unread.add(result);
        return result;
    }

    /** Keeps numbers from growing layer by layer. */
    private Value shrunk(Value x) {
        return node("Mul", x.columns, List.of(x.name, scalar(0.05f)));
    }

    private Value other(Value gate) {
        List<Value> wide = of(WIDE);
        return wide.isEmpty() ? unary(gate) : any(wide);
    }

    private Value projection(Value x, int columns) {
        boolean transposed = chance(0.4);
        String weight = weight(x.columns, columns, transposed);
        Value input = chance(0.1) ? node("Identity", x.columns, x) : x;
        Value product = switch (random.nextInt(transposed ? 3 : 4)) {
            case 0 -> gemm(input, weight, columns, transposed);
            case 1 -> node("com.microsoft::FusedMatMul", columns, List.of(input.name, weight),
                    Attributes.of("transB", transposed ? 1 : 0), Attributes.of("alpha", scale()));
            default -> node("MatMul", columns, List.of(input.name, transposed ? transpose(weight) : weight));
        };
        return chance(0.3) ? shared(biased(product)) : shared(product);
    }

    private Value gemm(Value x, String weight, int columns, boolean transposed) {
        List<String> inputs = new ArrayList<>(List.of(x.name, weight));
        if (chance(0.5)) {
            inputs.add(bias(columns));
        }
        return node("Gemm", columns, inputs, Attributes.of("transB", transposed ? 1 : 0), Attributes.of("alpha", scale()),
                Attributes.of("beta", scale()));
    }

    private float scale() {
        return chance(0.95) ? 1 : 0.5f;
    }

    private Value biased(Value product) {
        String bias = bias(product.columns);
        return node("Add", product.columns, chance(0.5) ? List.of(bias, product.name) : List.of(product.name, bias));
    }

    /** Mostly a row; else something that broadcasts. */
    private String bias(int columns) {
        String name = name("b");
        switch (random.nextInt(12)) {
            case 0 -> graph.weight(name, 1);
            case 1 -> graph.weight(name, ROWS, 1);
            case 2 -> graph.weight(name, 1, columns);
            case 3 -> graph.scalar(name, 0.5f);
            default -> graph.weight(name, columns);
        }
        return name;
    }

    /** Now and then one that another projection has, too. */
    private String weight(int rows, int columns, boolean transposed) {
        boolean sharable = rows == NARROW && columns == WIDE && !transposed;
        if (sharable && !narrowWeights.isEmpty() && chance(0.1)) {
            return any(narrowWeights);
        }
        String name = name("W");
        graph.weight(name, transposed ? columns : rows, transposed ? rows : columns);
        if (sharable) {
            narrowWeights.add(name);
        }
        return name;
    }

    private String transpose(String weight) {
        String name = name("T");
        graph.node("Transpose", name, weight);
        return name;
    }

    /** Split, or two slices, mostly of the contiguous halves. */
    private List<Value> halves(Value packed) {
        int columns = packed.columns / 2;
        if (chance(0.5)) {
            Value first = new Value(name("v"), columns);
            Value second = new Value(name("v"), columns);
            String sizes = integers(columns, columns);
            graph.node("Split", List.of(first.name, second.name), List.of(packed.name, sizes), Attributes.of("axis", -1));
            unread.remove(packed);
            unread.add(first);
            unread.add(second);
            return List.of(shared(first), shared(second));
        }
        int wrong = chance(0.1) ? 1 : 0;
        return chance(0.3) ? List.of(slice(packed, 0, 2 * columns, 2), slice(packed, 1 - wrong, 2 * columns - wrong, 2))
                : List.of(slice(packed, 0, columns, 1), slice(packed, columns - wrong, 2 * columns - wrong, 1));
    }

    private Value slice(Value packed, long from, long to, long step) {
        return shared(node("Slice", packed.columns / 2,
                List.of(packed.name, integers(from), integers(to), integers(1), integers(step))));
    }

    private Value activation(Value x) {
        return shared(switch (random.nextInt(11)) {
            case 0, 1 -> multiplied(x, node("Sigmoid", x.columns, x));
            case 2 -> multiplied(x, node("Sigmoid", x.columns, scaled(x, constant(1.702f))));
            case 3 -> node("com.microsoft::QuickGelu", x.columns, List.of(x.name), Attributes.of("alpha", constant(1)));
            case 4 -> siluByExp(x);
            case 5 -> tanhGelu(x);
            case 6 -> erfGelu(x);
            case 7 -> squared(node("Relu", x.columns, x));
            case 8 -> multiplied(x, node("Tanh", x.columns, node("Softplus", x.columns, x)));
            default -> unary(x);
        });
    }

    private Value siluByExp(Value x) {
        Value denominator = added(node("Exp", x.columns, node("Neg", x.columns, x)), 1);
        return node("Div", x.columns, x, denominator);
    }

    private Value tanhGelu(Value x) {
        Value cube = chance(0.5) ? node("Pow", x.columns, List.of(x.name, scalar(3))) : multiplied(x, multiplied(x, x));
        Value sum = node("Add", x.columns, x, scaled(cube, constant(0.044715f)));
        Value weight = added(node("Tanh", x.columns, scaled(sum, constant(0.7978846f))), constant(1));
        return halved(x, weight);
    }

    private Value erfGelu(Value x) {
        Value inner = chance(0.5) ? scaled(x, constant(0.70710677f))
                : node("Div", x.columns, List.of(x.name, scalar(constant(1.4142135f))));
        return halved(x, added(node("Erf", x.columns, inner), constant(1)));
    }

    /** x · weight / 2, grouped in any way. */
    private Value halved(Value x, Value weight) {
        float half = constant(0.5f);
        return switch (random.nextInt(3)) {
            case 0 -> multiplied(scaled(x, half), weight);
            case 1 -> multiplied(x, scaled(weight, half));
            default -> scaled(multiplied(x, weight), half);
        };
    }

    private Value squared(Value x) {
        return chance(0.5) ? multiplied(x, x) : node("Pow", x.columns, List.of(x.name, scalar(chance(0.9) ? 2 : 3)));
    }

    private Value unary(Value x) {
        return node(any(UNARY), x.columns, x);
    }

    private Value binary(Value x) {
        return node(any(List.of("Mul", "Add", "Sub", "Max")), x.columns, x, any(of(x.columns)));
    }

    private Value multiplied(Value left, Value right) {
        return chance(0.5) ? node("Mul", left.columns, left, right) : node("Mul", left.columns, right, left);
    }

    private Value scaled(Value x, float factor) {
        String scalar = scalar(factor);
        return node("Mul", x.columns, chance(0.5) ? List.of(x.name, scalar) : List.of(scalar, x.name));
    }

    private Value added(Value x, float term) {
        String scalar = scalar(term);
        return node("Add", x.columns, chance(0.5) ? List.of(x.name, scalar) : List.of(scalar, x.name));
    }

    /** The right one, mostly. */
    private float constant(float right) {
        return chance(0.95) ? right : CONSTANTS[random.nextInt(CONSTANTS.length)];
    }

    private String scalar(float value) {
        String name = name("s");
        graph.scalar(name, value);
        return name;
    }

    private String integers(long... numbers) {
        String name = name("i");
        graph.integers(name, numbers);
        return name;
    }

    private Value node(String op, int columns, Value... inputs) {
        return node(op, columns, List.of(inputs).stream().map(Value::name).toList());
    }

    private Value node(String op, int columns, List<String> inputs, AttributeProto... attributes) {
        Value value = new Value(name("v"), columns);
        graph.node(op, value.name, inputs, attributes);
        unread.removeIf(earlier -> inputs.contains(earlier.name));
        unread.add(value);
        return value;
    }

    private String name(String prefix) {
        return prefix + names++;
    }

    /** A value inside of an MLP that other nodes may read, now and then. */
    private Value shared(Value value) {
        if (chance(0.08)) {
            values.add(value);
        }
        return value;
    }

    private List<Value> of(int columns) {
        return values.stream().filter(value -> value.columns == columns).toList();
    }

    private <T> T any(List<T> list) {
        return list.get(random.nextInt(list.size()));
    }

    private boolean chance(double probability) {
        return random.nextDouble() < probability;
    }
}
