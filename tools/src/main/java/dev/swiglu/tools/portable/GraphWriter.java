package dev.swiglu.tools.portable;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.ByteString;
import dev.swiglu.tools.onnx.Attributes;
import dev.swiglu.tools.onnx.ElementType;
import dev.swiglu.tools.onnx.TensorData;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Nodes that are appended to a graph, one call each, in the form that the model's version of the operators asks for: axes were
 * attributes before they were inputs. Every value gets a name that the graph does not have yet.
 */
public final class GraphWriter {
    private static final long AXES_ARE_INPUTS = 13;
    private static final long SPLIT_NEEDS_A_NUMBER = 18;
    private static final long MEAN_AXES_ARE_INPUTS = 18;

    private final long opset;
    private final Set<String> taken = new HashSet<>();
    private final List<NodeProto> nodes = new ArrayList<>();
    private String place = "";

    public GraphWriter(long opset, GraphProto graph) {
        this.opset = opset;
        graph.getInputList().forEach(input -> taken.add(input.getName()));
        graph.getInitializerList().forEach(tensor -> taken.add(tensor.getName()));
        graph.getNodeList().forEach(node -> taken.addAll(node.getOutputList()));
    }

    /** For the body of a model-local function, whose names are its own. */
    public static GraphWriter ofFunction(long opset) {
        return new GraphWriter(opset, GraphProto.getDefaultInstance());
    }

    /** The model's version of the standard operators. */
    public long opset() {
        return opset;
    }

    public List<NodeProto> nodes() {
        return nodes;
    }

    /** Whether axes of ReduceSum may be computed at run time. */
    public boolean takesComputedAxes() {
        return opset >= AXES_ARE_INPUTS;
    }

    /** What the names of the next nodes begin with, as that of the node whose gradient they compute. */
    public void at(String place) {
        this.place = place;
    }

    /** {@code wanted}, or with a number behind it where the graph has that name already. */
    public String unique(String wanted) {
        String name = wanted;
        for (int i = 2; !taken.add(name); i++) {
            name = wanted + "." + i;
        }
        return name;
    }

    /** A node of a standard operator with one output. */
    public String add(String op, List<String> inputs, AttributeProto... attributes) {
        return add("", op, inputs, 1, List.of(attributes)).get(0);
    }

    public String add(String op, String... inputs) {
        return add(op, List.of(inputs));
    }

    /** A node with {@code outputs} outputs. */
    public List<String> add(String domain, String op, List<String> inputs, int outputs, List<AttributeProto> attributes) {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < outputs; i++) {
            names.add(unique(place + "/" + op + (outputs == 1 ? "" : "." + i)));
        }
        add(domain, op, inputs, names, attributes);
        return names;
    }

    /** A node that makes the values of these names; an empty one is an output that nobody wants. */
    public void add(String domain, String op, List<String> inputs, List<String> outputs, List<AttributeProto> attributes) {
        nodes.add(NodeProto.newBuilder().setDomain(domain).setOpType(op).setName(place + "/" + op + " " + nodes.size())
                .addAllInput(inputs).addAllOutput(outputs).addAllAttribute(attributes).build());
    }

    /** The value under another name, which must be free. */
    public void name(String value, String name) {
        add("", "Identity", List.of(value), List.of(name), List.of());
    }

    public String scalar(ElementType element, double value) {
        return add("Constant", List.of(), Attributes.of("value", TensorData.scalar(element, value)));
    }

    /** A vector of int64. */
    public String integers(long... values) {
        return integers(TensorProto.newBuilder().addDims(values.length), values);
    }

    /** An int64 without dimensions. */
    public String integer(long value) {
        return integers(TensorProto.newBuilder(), value);
    }

    public String cast(String value, ElementType to) {
        return add("Cast", List.of(value), Attributes.of("to", to.onnxNumber()));
    }

    /** A value of type {@code from} in another type, itself where that is its own. */
    public String cast(String value, ElementType from, ElementType to) {
        return from == to ? value : cast(value, to);
    }

    /** A value divided by a count, which 16 bits may not hold: computed in the wide type and rounded once. */
    public String divided(String value, ElementType element, String count) {
        ElementType wide = element.wide();
        return cast(add("Div", cast(value, element, wide), cast(count, wide)), wide, element);
    }

    public String shape(String value) {
        return add("Shape", value);
    }

    public String reshaped(String value, String shape) {
        return add("Reshape", value, shape);
    }

    public String reshapedLike(String value, String like) {
        return reshaped(value, shape(like));
    }

    public String transposed(String value, long... permutation) {
        return add("Transpose", List.of(value), Attributes.of("perm", Arrays.stream(permutation).boxed().toList()));
    }

    /** All dimensions but the last as one. */
    public String rows(String value) {
        return add("Flatten", List.of(value), Attributes.of("axis", -1));
    }

    /** Both halves of the last axis. */
    public List<String> halves(String value) {
        List<AttributeProto> attributes = new ArrayList<>(List.of(Attributes.of("axis", -1)));
        if (opset >= SPLIT_NEEDS_A_NUMBER) {
            attributes.add(Attributes.of("num_outputs", 2));
        }
        return add("", "Split", List.of(value), 2, attributes);
    }

    public String squeezed(String value, long... axes) {
        return withAxes("Squeeze", AXES_ARE_INPUTS, value, axes);
    }

    public String unsqueezed(String value, long... axes) {
        return withAxes("Unsqueeze", AXES_ARE_INPUTS, value, axes);
    }

    /** The sum over {@code axes}, or over all of them where none is named. */
    public String sum(String value, boolean keepDimensions, long... axes) {
        return withAxes("ReduceSum", AXES_ARE_INPUTS, value, axes, Attributes.of("keepdims", keepDimensions ? 1 : 0));
    }

    /** The mean over {@code axes}, which stay as dimensions of size 1. */
    public String mean(String value, long... axes) {
        return withAxes("ReduceMean", MEAN_AXES_ARE_INPUTS, value, axes);
    }

    private String integers(TensorProto.Builder tensor, long... values) {
        ByteBuffer bytes = ByteBuffer.allocate(Long.BYTES * values.length).order(ByteOrder.LITTLE_ENDIAN);
        Arrays.stream(values).forEach(bytes::putLong);
        return add("Constant", List.of(), Attributes.of("value", tensor.setDataType(ElementType.INT64.onnxNumber())
                .setRawData(ByteString.copyFrom(bytes.flip())).build()));
    }

    private String withAxes(String op, long axesAreInputsFrom, String value, long[] axes, AttributeProto... attributes) {
        List<AttributeProto> all = new ArrayList<>(List.of(attributes));
        List<String> inputs = new ArrayList<>(List.of(value));
        if (axes.length > 0 && opset >= axesAreInputsFrom) {
            inputs.add(integers(axes));
        } else if (axes.length > 0) {
            all.add(Attributes.of("axes", Arrays.stream(axes).boxed().toList()));
        }
        return add(op, inputs, all.toArray(AttributeProto[]::new));
    }
}
