package dev.swiglu.tools.verify.exact;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.swiglu.Tensor;
import dev.swiglu.TensorType;
import dev.swiglu.tools.onnx.Attributes;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * A model's float64 twin: the same graph, weights and inputs, computed in float64.
 *
 * <p>Nothing is converted ahead of time. Wherever a float value enters the graph (an initializer, an input, a constant)
 * it keeps its stored type under a new name, and a {@code Cast} to float64 makes the value under the old one. So weights
 * stay where they are, external data included, and are widened while the model runs, one at a time.
 */
public final class WidenedModel {

    private static final Set<Integer> FLOATS =
            Set.of(DataType.FLOAT_VALUE, DataType.FLOAT16_VALUE, DataType.BFLOAT16_VALUE);
    private static final String STORED = "__stored";

    private final Set<String> keptInFloat32 = new TreeSet<>();
    private final ModelProto model;

    private WidenedModel(ModelProto original) {
        ModelProto.Builder widened = original.toBuilder().setGraph(widen(original.getGraph(), true, Set.of()));
        widened.getFunctionsBuilderList().forEach(function -> {
            List<NodeProto> body = widen(function.getNodeList(), Set.of());
            function.clearNode().addAllNode(body);
        });
        this.model = widened.build();
    }

    public static WidenedModel of(ModelProto original) {
        return new WidenedModel(original);
    }

    public ModelProto model() {
        return model;
    }

    /** The operators that have no float64 kernel and ran between casts; empty when the twin is float64 throughout. */
    public Set<String> keptInFloat32() {
        return keptInFloat32;
    }

    /** The original's inputs under the names that they have here. */
    public static Map<String, Tensor> inputs(Map<String, Tensor> original) {
        Map<String, Tensor> renamed = new LinkedHashMap<>();
        original.forEach((name, tensor) -> {
            boolean widened = tensor.type().isFloatingPoint() && tensor.type() != TensorType.FLOAT64;
            renamed.put(widened ? name + STORED : name, tensor);
        });
        return renamed;
    }

    /** @param outerOthers values of the enclosing graphs that are known not to be floats */
    private GraphProto widen(GraphProto graph, boolean main, Set<String> outerOthers) {
        GraphProto.Builder widened = graph.toBuilder().clearNode().clearValueInfo();
        Set<String> entering = new TreeSet<>();
        for (TensorProto.Builder tensor : widened.getInitializerBuilderList()) {
            if (FLOATS.contains(tensor.getDataType())) {
                entering.add(tensor.getName());
                tensor.setName(tensor.getName() + STORED);
            }
        }
        for (ValueInfoProto.Builder input : widened.getInputBuilderList()) {
            if (main && FLOATS.contains(elementType(input.build()))) {
                entering.add(input.getName());
                input.setName(input.getName() + STORED);
            } else {
                widenType(input);
            }
        }
        widened.getOutputBuilderList().forEach(WidenedModel::widenType);
        entering.forEach(value -> widened.addNode(cast(value + STORED, value)));
        widened.addAllNode(widen(graph.getNodeList(), others(graph, outerOthers)));
        declareNarrowed(graph, widened);
        return widened.build();
    }

    /**
     * Where the graph declares a shape, the float32 value behind it gets the same: the shapes that ONNX Runtime infers
     * for attention caches are wrong, and it plans memory by them.
     */
    private static void declareNarrowed(GraphProto graph, GraphProto.Builder widened) {
        for (List<ValueInfoProto> values : List.of(graph.getValueInfoList(), graph.getOutputList())) {
            for (ValueInfoProto value : values) {
                if (FLOATS.contains(elementType(value))) {
                    ValueInfoProto.Builder narrowed = value.toBuilder().setName(Float32Operators.narrowed(value.getName()));
                    narrowed.getTypeBuilder().getTensorTypeBuilder().setElemType(DataType.FLOAT_VALUE);
                    widened.addValueInfo(narrowed);
                }
            }
        }
    }

    private List<NodeProto> widen(List<NodeProto> nodes, Set<String> others) {
        List<NodeProto> widened = new ArrayList<>();
        for (NodeProto node : nodes) {
            Optional<Float32Operators.Signature> float32 = Float32Operators.find(node);
            if (float32.isPresent()) {
                keptInFloat32.add(node.getOpType());
                widened.addAll(float32.get().wrap(node, others));
            } else if (makesFloats(node)) {
                String value = node.getOutput(0);
                widened.add(node.toBuilder().setOutput(0, value + STORED).build());
                widened.add(cast(value + STORED, value));
            } else {
                widened.add(widenAttributes(node, others));
            }
        }
        return widened;
    }

    private NodeProto widenAttributes(NodeProto node, Set<String> others) {
        NodeProto.Builder widened = node.toBuilder();
        for (AttributeProto.Builder attribute : widened.getAttributeBuilderList()) {
            boolean target = node.getOpType().equals("Cast") && attribute.getName().equals("to");
            if (target && FLOATS.contains((int) attribute.getI())) {
                attribute.setI(DataType.DOUBLE_VALUE);
            }
            if (attribute.hasG()) {
                attribute.setG(widen(attribute.getG(), false, others));
            }
        }
        return widened.build();
    }

    private static boolean makesFloats(NodeProto node) {
        Optional<AttributeProto> value = Attributes.find(node, "value");
        boolean floats = value.isPresent() && FLOATS.contains(value.get().getT().getDataType());
        return switch (node.getOpType()) {
            case "Constant" -> floats || Attributes.find(node, "value_float").isPresent()
                    || Attributes.find(node, "value_floats").isPresent();
            case "ConstantOfShape" -> floats || value.isEmpty();
            default -> false;
        };
    }

    private static Set<String> others(GraphProto graph, Set<String> outer) {
        Set<String> others = new HashSet<>(outer);
        graph.getInitializerList().stream()
                .filter(tensor -> !isReal(tensor.getDataType())).forEach(tensor -> others.add(tensor.getName()));
        for (List<ValueInfoProto> values : List.of(graph.getInputList(), graph.getValueInfoList(), graph.getOutputList())) {
            values.stream().filter(value -> !isReal(elementType(value))).forEach(value -> others.add(value.getName()));
        }
        return others;
    }

    private static boolean isReal(int elementType) {
        return FLOATS.contains(elementType) || elementType == DataType.DOUBLE_VALUE || elementType == DataType.UNDEFINED_VALUE;
    }

    private static int elementType(ValueInfoProto value) {
        return value.getType().getTensorType().getElemType();
    }

    private static void widenType(ValueInfoProto.Builder value) {
        if (FLOATS.contains(elementType(value.build()))) {
            value.getTypeBuilder().getTensorTypeBuilder().setElemType(DataType.DOUBLE_VALUE);
        }
    }

    private static NodeProto cast(String from, String to) {
        return Float32Operators.cast(from, to, DataType.DOUBLE);
    }
}
