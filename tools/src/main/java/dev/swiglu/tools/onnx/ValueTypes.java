package dev.swiglu.tools.onnx;

import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Element type and shape of every value, from what the model declares and, where it declares nothing (TorchScript exports
 * carry no value_info), from one pass over the nodes with the rules that a gated MLP, and its gradient, needs.
 */
public final class ValueTypes {
    private static final Set<String> KNOWN_DOMAINS = Set.of("", "ai.onnx", "com.microsoft", "dev.swiglu");

    /** More than functions that call functions are deep; only a model that nobody wrote takes longer to settle. */
    private static final int MOST_PASSES = 16;

    private final Map<Scope, Map<String, ValueType>> types = new IdentityHashMap<>();
    /** What was inferred of values that are declared, too: symbols of a declaration may hide that two shapes are one. */
    private final Map<Scope, Map<String, ValueType>> inferences = new IdentityHashMap<>();
    private final GraphIndex index;
    private CallTypes calls = new CallTypes();
    private IntegerValues integers;

    private ValueTypes(GraphIndex index) {
        this.index = index;
    }

    public static ValueTypes of(GraphIndex index) {
        ValueTypes result = new ValueTypes(index);
        int passes = 0;
        do {
            result.inferAll();
        } while (result.calls.changed() && ++passes < MOST_PASSES);
        if (passes == MOST_PASSES) {
            result.calls = new CallTypes();
            index.functions().forEach(function -> result.calls.called(function, List.of()));
            result.inferAll();
        }
        return result;
    }

    /** What is known of {@code value} as seen from {@code scope}. */
    public ValueType of(Scope scope, String value) {
        return scope.definer(value).map(types::get).map(known -> known.get(value)).orElseGet(() -> ValueType.unknown(value));
    }

    /** Whether two values surely have one shape. */
    public boolean haveSameShape(Scope scope, String left, String right) {
        Set<Shape> shapes = shapes(scope, left);
        shapes.retainAll(shapes(scope, right));
        return !shapes.isEmpty();
    }

    private Set<Shape> shapes(Scope scope, String value) {
        Set<Shape> shapes = new HashSet<>(Set.of(of(scope, value).shape()));
        scope.definer(value).map(inferences::get).map(known -> known.get(value)).ifPresent(type -> shapes.add(type.shape()));
        return shapes;
    }

    private void inferAll() {
        index.scopes().forEach(this::infer);
        for (LocalFunction function : index.functions()) {
            calls.returned(function, function.function().getOutputList().stream()
                    .map(output -> of(function.body(), output)).toList());
        }
    }

    private void infer(Scope scope) {
        Map<String, ValueType> known = new HashMap<>();
        types.put(scope, known);
        integers = new IntegerValues(index, this);
        Map<String, ValueType> inferredBeside = new HashMap<>();
        inferences.put(scope, inferredBeside);
        Map<String, ValueInfoProto> declarations = new HashMap<>();
        scope.graph().getValueInfoList().forEach(declaration -> declarations.put(declaration.getName(), declaration));
        scope.graph().getOutputList().forEach(declaration -> declarations.put(declaration.getName(), declaration));
        scope.graph().getInputList().forEach(input -> known.put(input.getName(), declared(input)));
        index.functions().stream().filter(function -> function.body() == scope).forEach(function -> {
            for (int i = 0; i < function.function().getInputCount(); i++) {
                known.put(function.function().getInput(i), calls.input(function, i));
            }
        });
        scope.graph().getInitializerList().forEach(tensor -> known.put(tensor.getName(), of(tensor)));
        for (NodeRef node : scope.sortedNodes()) {
            Optional<LocalFunction> function = index.function(node.node());
            function.ifPresent(called -> calls.called(called, node.node().getInputList().stream()
                    .map(input -> of(scope, input)).toList()));
            for (int output = 0; output < node.node().getOutputCount(); output++) {
                String value = node.output(output);
                int place = output;
                ValueType inferred = function.flatMap(called -> calls.output(called, place, value))
                        .orElseGet(() -> place == 0 || isLikeFirst(node) ? inferred(node, place, value) : ValueType.unknown(value))
                        .bounded(value);
                ValueInfoProto declaration = declarations.get(value);
                known.put(value, declaration == null ? inferred : declared(declaration).completedBy(inferred, value));
                if (declaration != null) {
                    inferredBeside.put(value, inferred);
                }
            }
        }
    }

    private static ValueType declared(ValueInfoProto declaration) {
        String value = declaration.getName();
        TypeProto.Tensor tensor = declaration.getType().getTensorType();
        Shape shape = tensor.hasShape() ? Shape.declared(value, tensor.getShape()) : Shape.unknown(value);
        return new ValueType(ElementType.of(tensor.getElemType()), shape);
    }

    /** Whether every output of the node is inferred as the first is. */
    private static boolean isLikeFirst(NodeRef node) {
        return node.is("Split") || node.is("dev.swiglu", "FusedSwiGLU");
    }

    /** The type of {@code value}, which is the node's first output or inferred as it is. */
    private ValueType inferred(NodeRef node, int output, String value) {
        ValueType unknown = ValueType.unknown(value);
        if (!KNOWN_DOMAINS.contains(node.node().getDomain())) {
            return unknown;
        }
        ValueType first = input(node, 0);
        ValueType second = input(node, 1);
        return switch (node.node().getOpType()) {
            case "Identity", "Sigmoid", "Swish", "QuickGelu", "Gelu", "FastGelu", "Relu", "Tanh", "Erf", "Neg", "Sqrt", "Softplus",
                    "Clip", "Exp", "Log", "Reciprocal", "Softmax", "LogSoftmax", "LayerNormalization",
                    "SimplifiedLayerNormalization", "RMSNormalization", "Mish", "BiasGelu", "Elu", "LeakyRelu", "HardSwish",
                    "HardSigmoid", "Abs", "Round", "Floor", "SkipLayerNormalization", "Cos", "Sin", "Not", "Trilu",
                    "SkipSimplifiedLayerNormalization" -> first;
            case "Add", "Sub", "Mul", "Div", "Pow", "PRelu" -> elementwise(first, second, value);
            case "Min", "Max" -> node.node().getInputCount() == 2 ? elementwise(first, second, value) : unknown;
            case "SwiGLU" -> node.input(1).isEmpty() ? first.shaped(Optional.empty(), value) : elementwise(first, second, value);
            case "MatMul", "Gemm", "FusedMatMul", "FusedSwiGLU" -> product(node, first, second, value);
            case "MatMulInteger" -> new ValueType(ElementType.INT32, product(node, first, second, value).shape());
            case "MatMulNBits" -> quantizedProduct(node, first, input(node, 2), unknown);
            case "Transpose" -> first.shaped(ShapeRules.transposed(node.node(), first.shape()), value);
            case "Reshape" -> first.shaped(ShapeRules.reshaped(first.shape(), integers(node, 1), value)
                    .or(() -> ShapeRules.sized(second.shape(), value)), value);
            case "Flatten" -> first.shaped(Optional.of(ShapeRules.flattened(value)), value);
            case "Unsqueeze" -> first.shaped(ShapeRules.unsqueezed(first.shape(), axes(node)), value);
            case "Squeeze" -> first.shaped(ShapeRules.squeezed(first.shape(), axes(node)), value);
            case "ReduceSum", "ReduceMean" ->
                first.shaped(ShapeRules.reduced(node.node(), first.shape(), axes(node), value), value);
            case "IsInf", "IsNaN" -> new ValueType(ElementType.BOOL, first.shape());
            case "And", "Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "Or" ->
                new ValueType(ElementType.BOOL, elementwise(first, second, value).shape());
            case "Range" -> first.shaped(Optional.of(ShapeRules.vector(value)), value);
            case "ConstantOfShape" ->
                new ValueType(filling(node), ShapeRules.sized(first.shape(), value).orElse(unknown.shape()));
            case "Shape" -> new ValueType(ElementType.INT64, ShapeRules.ofShape(first.shape(), value));
            case "Where" -> elementwise(second, input(node, 2), value);
            case "Expand" -> first.shaped(ShapeRules.sized(second.shape(), value), value);
            case "Concat" -> first.shaped(ShapeRules.joined(node.node(), inputs(node), value), value);
            case "Split" -> first.shaped(Parts.ofSplit(node, first.shape(), integers).map(parts -> parts.shape(output, value))
                    .or(() -> ShapeRules.alongAxis(node.node(), first.shape(), value)), value);
            case "Slice" -> first.shaped(Parts.ofSlice(node, first.shape(), integers, value)
                    .or(() -> ShapeRules.ofSameRank(first.shape(), value)), value);
            case "QuantizeLinear" -> new ValueType(input(node, 2).element(), first.shape());
            case "DequantizeLinear" -> new ValueType(second.element(), first.shape());
            case "DynamicQuantizeLinear" -> new ValueType(ElementType.UINT8, first.shape());
            case "Gather" -> first.shaped(ShapeRules.gathered(node.node(), first.shape(), second.shape()), value);
            case "SoftmaxCrossEntropyLoss", "NegativeLogLikelihoodLoss" ->
                first.shaped(Optional.of(ShapeRules.loss(node.node(), second.shape())), value);
            case "Cast" -> new ValueType(ElementType.of((int) Attributes.integer(node.node(), "to", 0)), first.shape());
            case "Constant" -> ConstantNode.tensor(node.node()).map(ValueTypes::of).orElse(unknown);
            default -> unknown;
        };
    }

    /** The axes of a node, an attribute or a constant input; an empty list where none is named. */
    private static Optional<List<Long>> axes(NodeRef node) {
        return node.input(1).isEmpty()
                ? Optional.of(Attributes.integers(node.node(), "axes")).filter(axes -> axes.size() <= ShapeRules.MOST_DIMENSIONS)
                : integers(node, 1);
    }

    private static Optional<List<Long>> integers(NodeRef node, int input) {
        String name = node.input(input);
        Optional<TensorProto> tensor = node.scope().initializer(name).or(() -> node.scope().producer(name)
                .filter(producer -> producer.is("Constant")).flatMap(producer -> ConstantNode.tensor(producer.node())));
        // axes and shapes are kept inline by every exporter
        return tensor.filter(held -> held.getDataType() == ElementType.INT64.onnxNumber() && !ExternalData.isExternal(held))
                .map(held -> TensorData.of(held, null)).filter(data -> data.count() <= ShapeRules.MOST_DIMENSIONS)
                .map(data -> Arrays.stream(data.longs()).boxed().toList());
    }

    private static ValueType of(TensorProto tensor) {
        return new ValueType(ElementType.of(tensor.getDataType()), Shape.of(tensor));
    }

    private static ValueType elementwise(ValueType left, ValueType right, String value) {
        Optional<Shape> shape = right.shape().broadcastsInto(left.shape()) ? Optional.of(left.shape())
                : left.shape().broadcastsInto(right.shape()) ? Optional.of(right.shape())
                : ShapeRules.broadcast(left.shape(), right.shape(), value);
        return new ValueType(left.element().or(right.element()), shape.orElseGet(() -> Shape.unknown(value)));
    }

    private static ValueType product(NodeRef node, ValueType x, ValueType weight, String value) {
        boolean plain = weight.shape().rank() == 2 && !x.shape().sizes().isEmpty()
                && Attributes.integer(node.node(), "transA", 0) == 0
                && Attributes.integer(node.node(), "transBatchA", 0) == 0;
        int columns = Attributes.integer(node.node(), "transB", 0) == 0 ? 1 : 0;
        Optional<Shape> shape = plain ? Optional.of(x.shape().withLast(weight.shape().sizes().get(columns)))
                : node.is("MatMul") ? ShapeRules.batchedProduct(x.shape(), weight.shape(), value) : gemm(node, x, weight);
        return new ValueType(x.element().or(weight.element()), shape.orElseGet(() -> Shape.unknown(value)));
    }

    private static Optional<Shape> gemm(NodeRef node, ValueType a, ValueType b) {
        if (!node.is("Gemm") || a.shape().rank() != 2 || b.shape().rank() != 2) {
            return Optional.empty();
        }
        int rows = Attributes.integer(node.node(), "transA", 0) == 0 ? 0 : 1;
        int columns = Attributes.integer(node.node(), "transB", 0) == 0 ? 1 : 0;
        return Optional.of(new Shape(null, List.of(a.shape().sizes().get(rows), b.shape().sizes().get(columns))));
    }

    /** The type of what ConstantOfShape fills a tensor with, float32 where it does not say. */
    private static ElementType filling(NodeRef node) {
        return Attributes.find(node.node(), "value").map(value -> of(value.getT()).element()).orElse(ElementType.FLOAT32);
    }

    private static ValueType quantizedProduct(NodeRef node, ValueType x, ValueType scales, ValueType unknown) {
        String columns = String.valueOf(Attributes.integer(node.node(), "N", 0));
        return new ValueType(x.element().or(scales.element()),
                x.shape().sizes().isEmpty() ? unknown.shape() : x.shape().withLast(columns));
    }

    private List<Shape> inputs(NodeRef node) {
        return node.node().getInputList().stream().map(value -> of(node.scope(), value).shape()).toList();
    }

    private ValueType input(NodeRef node, int index) {
        return of(node.scope(), node.input(index));
    }

    /** Element type and shape of one value. */
    public record ValueType(ElementType element, Shape shape) {

        static ValueType unknown(String value) {
            return new ValueType(ElementType.UNKNOWN, Shape.unknown(value));
        }

        /** This type without a shape that no tensor has. */
        private ValueType bounded(String value) {
            return shape.sizes().size() <= ShapeRules.MOST_DIMENSIONS ? this : new ValueType(element, Shape.unknown(value));
        }

        /** This element type with another shape. */
        ValueType shaped(Optional<Shape> other, String value) {
            return new ValueType(element, other.orElseGet(() -> Shape.unknown(value)));
        }

        /** Size of the last dimension, where it is a known number. */
        public OptionalLong last() {
            return shape.last();
        }

        /** A declaration with unnamed dimensions says less about equality than an inference that says anything. */
        private ValueType completedBy(ValueType inferred, String value) {
            boolean vague = !shape.isRankKnown() || shape.sizes().stream().anyMatch(size -> size.contains(" of "));
            boolean better = vague && !inferred.shape.equals(Shape.unknown(value));
            return new ValueType(element.or(inferred.element), better ? inferred.shape : shape);
        }
    }
}
