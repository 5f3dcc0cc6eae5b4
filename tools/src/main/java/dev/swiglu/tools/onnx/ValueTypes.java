package dev.swiglu.tools.onnx;

import ai.onnx.proto.OnnxMl.TensorProto;
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
    private static final Set<String> KNOWN_DOMAINS = Set.of("", "ai.onnx", "com.microsoft");

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
        scope.graph().getInitializerList().forEach(tensor -> known.put(tensor.getName(), of(tensor)));
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

    /** The type of the node's first output. */
    private ValueType inferred(NodeRef node) {
        ValueType unknown = ValueType.unknown(node.output(0));
        if (!KNOWN_DOMAINS.contains(node.node().getDomain())) {
            return unknown;
        }
        ValueType first = input(node, 0);
        return switch (node.node().getOpType()) {
            case "Identity", "Sigmoid", "Swish", "QuickGelu", "Gelu", "FastGelu", "Relu", "Tanh", "Erf", "Neg", "Sqrt", "Softplus",
                    "Clip", "LayerNormalization", "SimplifiedLayerNormalization", "RMSNormalization",
                    "SkipLayerNormalization", "SkipSimplifiedLayerNormalization" -> first;
            case "Add", "Sub", "Mul", "Div", "Pow", "SwiGLU" -> elementwise(first, input(node, 1), unknown);
            case "MatMul", "Gemm", "FusedMatMul" -> product(node, first, input(node, 1), unknown);
            case "MatMulInteger" -> new ValueType(ElementType.INT32, product(node, first, input(node, 1), unknown).shape());
            case "MatMulNBits" -> quantizedProduct(node, first, input(node, 2), unknown);
            case "Transpose" -> new ValueType(first.element(), transposed(node, first.shape(), unknown.shape()));
            case "Reshape" -> new ValueType(first.element(), unknown.shape());
            case "Cast" -> new ValueType(ElementType.of((int) Attributes.integer(node.node(), "to", 0)), first.shape());
            case "Constant" -> Attributes.find(node.node(), "value").map(value -> of(value.getT())).orElse(unknown);
            default -> unknown;
        };
    }

    private static ValueType of(TensorProto tensor) {
        return new ValueType(ElementType.of(tensor.getDataType()), Shape.of(tensor));
    }

    private static ValueType elementwise(ValueType left, ValueType right, ValueType unknown) {
        Shape shape = right.shape().broadcastsInto(left.shape()) ? left.shape()
                : left.shape().broadcastsInto(right.shape()) ? right.shape() : unknown.shape();
        return new ValueType(left.element().or(right.element()), shape);
    }

    private static ValueType product(NodeRef node, ValueType x, ValueType weight, ValueType unknown) {
        boolean plain = weight.shape().rank() == 2 && !x.shape().sizes().isEmpty()
                && Attributes.integer(node.node(), "transA", 0) == 0
                && Attributes.integer(node.node(), "transBatchA", 0) == 0;
        int columns = Attributes.integer(node.node(), "transB", 0) == 0 ? 1 : 0;
        return new ValueType(x.element().or(weight.element()),
                plain ? x.shape().withLast(weight.shape().sizes().get(columns)) : unknown.shape());
    }

    private static ValueType quantizedProduct(NodeRef node, ValueType x, ValueType scales, ValueType unknown) {
        String columns = String.valueOf(Attributes.integer(node.node(), "N", 0));
        return new ValueType(x.element().or(scales.element()),
                x.shape().sizes().isEmpty() ? unknown.shape() : x.shape().withLast(columns));
    }

    private static Shape transposed(NodeRef node, Shape shape, Shape unknown) {
        boolean swapsTwo = shape.rank() == 2 && !Attributes.integers(node.node(), "perm").equals(List.of(0L, 1L));
        return swapsTwo ? new Shape(null, List.of(shape.sizes().get(1), shape.sizes().get(0))) : unknown;
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
            return new ValueType(element.or(inferred.element), better ? inferred.shape : shape);
        }
    }
}
