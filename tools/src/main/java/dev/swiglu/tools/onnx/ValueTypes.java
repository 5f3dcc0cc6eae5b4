package dev.swiglu.tools.onnx;

import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Element type and shape of every value, from what the model declares and, where it declares nothing (TorchScript exports
 * carry no value_info), from one pass over the nodes with the few rules that a gated MLP needs.
 */
public final class ValueTypes {
    private static final Set<String> SHAPE_KEEPING = Set.of("Identity", "Cast", "Sigmoid", "QuickGelu", "Swish", "Gelu",
            "FastGelu", "Relu", "Tanh", "Erf", "Neg", "Sqrt", "Softplus", "Clip", "LayerNormalization",
            "SimplifiedLayerNormalization", "RMSNormalization", "SkipSimplifiedLayerNormalization", "SkipLayerNormalization");
    private static final Set<String> ELEMENTWISE = Set.of("Add", "Sub", "Mul", "Div", "Pow", "SwiGLU");

    private final Map<Scope, Map<String, ValueType>> types = new IdentityHashMap<>();

    private ValueTypes() {
    }

    public static ValueTypes of(GraphIndex index) {
        ValueTypes result = new ValueTypes();
        index.scopes().forEach(result::infer);
        return result;
    }

    /** What is known of {@code value} as seen from {@code scope}. */
    public ValueType of(Scope scope, String value) {
        return scope.definer(value).map(types::get).map(known -> known.get(value)).orElseGet(() -> ValueType.unknown(value));
    }

    private void infer(Scope scope) {
        Map<String, ValueType> known = new HashMap<>();
        types.put(scope, known);
        Map<String, ValueInfoProto> declarations = new HashMap<>();
        scope.graph().getValueInfoList().forEach(declaration -> declarations.put(declaration.getName(), declaration));
        scope.graph().getOutputList().forEach(declaration -> declarations.put(declaration.getName(), declaration));
        scope.graph().getInputList().forEach(input -> known.put(input.getName(), declared(input)));
        scope.graph().getInitializerList().forEach(tensor -> known.put(tensor.getName(),
                new ValueType(ElementType.of(tensor.getDataType()), Shape.of(tensor))));
        for (int position = 0; position < scope.graph().getNodeCount(); position++) {
            NodeRef node = scope.node(position);
            for (int output = 0; output < node.node().getOutputCount(); output++) {
                String value = node.output(output);
                ValueType inferred = output == 0 ? inferred(node) : ValueType.unknown(value);
                ValueInfoProto declaration = declarations.get(value);
                known.put(value, declaration == null ? inferred : declared(declaration).completedBy(inferred, value));
            }
        }
    }

    private static ValueType declared(ValueInfoProto declaration) {
        String value = declaration.getName();
        TypeProto.Tensor tensor = declaration.getType().getTensorType();
        Shape shape = tensor.hasShape() ? Shape.declared(value, tensor.getShape()) : Shape.unknown(value);
        return new ValueType(ElementType.of(tensor.getElemType()), shape);
    }

    private ValueType inferred(NodeRef node) {
        String op = node.node().getOpType();
        ValueType first = input(node, 0);
        if (op.equals("Constant")) {
            return Attributes.find(node.node(), "value").map(attribute -> new ValueType(
                    ElementType.of(attribute.getT().getDataType()), Shape.of(attribute.getT())))
                    .orElse(ValueType.unknown(node.output(0)));
        }
        if (op.equals("Cast")) {
            return new ValueType(ElementType.of((int) Attributes.integer(node.node(), "to", 0)), first.shape());
        }
        if (SHAPE_KEEPING.contains(op)) {
            return first;
        }
        if (ELEMENTWISE.contains(op)) {
            return new ValueType(first.element(), elementwise(node, first.shape(), input(node, 1).shape()));
        }
        return new ValueType(elementOf(node, op, first), shapeOf(node, op, first.shape()));
    }

    private ElementType elementOf(NodeRef node, String op, ValueType first) {
        return switch (op) {
            case "Reshape", "Transpose" -> first.element();
            case "MatMul", "FusedMatMul", "Gemm", "MatMulNBits" -> first.element() != ElementType.UNKNOWN
                    ? first.element() : input(node, op.equals("MatMulNBits") ? 2 : 1).element();
            default -> ElementType.UNKNOWN;
        };
    }

    private Shape shapeOf(NodeRef node, String op, Shape first) {
        Shape unknown = Shape.unknown(node.output(0));
        switch (op) {
            case "Transpose":
                boolean swapsTwo = first.rank() == 2 && !Attributes.integers(node.node(), "perm").equals(List.of(0L, 1L));
                return swapsTwo ? new Shape(null, List.of(first.sizes().get(1), first.sizes().get(0))) : unknown;
            case "MatMulNBits":
                long columns = Attributes.integer(node.node(), "N", 0);
                return first.sizes().isEmpty() ? unknown : first.withLast(String.valueOf(columns));
            case "MatMul", "FusedMatMul", "Gemm", "MatMulInteger":
                Shape weight = input(node, 1).shape();
                boolean plain = weight.rank() == 2 && !first.sizes().isEmpty()
                        && Attributes.integer(node.node(), "transA", 0) == 0;
                int lastAxis = Attributes.integer(node.node(), "transB", 0) == 0 ? 1 : 0;
                return plain ? first.withLast(weight.sizes().get(lastAxis)) : unknown;
            default:
                return unknown;
        }
    }

    private Shape elementwise(NodeRef node, Shape left, Shape right) {
        if (right.broadcastsInto(left)) {
            return left;
        }
        return left.broadcastsInto(right) ? right : Shape.unknown(node.output(0));
    }

    private ValueType input(NodeRef node, int index) {
        return of(node.scope(), node.input(index));
    }

    /** Element type and shape of one value. */
    public record ValueType(ElementType element, Shape shape) {

        static ValueType unknown(String value) {
            return new ValueType(ElementType.UNKNOWN, Shape.unknown(value));
        }

        /** Size of the last dimension, where it is a known number. */
        public OptionalLong last() {
            return shape.last();
        }

        /** A declaration with unnamed dimensions says less about equality than an inference that says anything. */
        private ValueType completedBy(ValueType inferred, String value) {
            boolean vague = !shape.isRankKnown() || shape.sizes().stream().anyMatch(size -> size.contains(" of "));
            boolean better = vague && !inferred.shape.equals(Shape.unknown(value));
            return new ValueType(element == ElementType.UNKNOWN ? inferred.element : element,
                    better ? inferred.shape : shape);
        }
    }
}
