package dev.swiglu.tools;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.FunctionProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.swiglu.Float16;
import dev.swiglu.tools.onnx.Attributes;
import dev.swiglu.tools.onnx.ModelFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Small graphs, of float32 where nothing else is said, written node by node; weights are drawn from a fixed seed. */
public final class ModelBuilder {
    /** In a shape: the size "batch", which is not known before the model runs. */
    public static final long ANY = -1;

    private final GraphProto.Builder graph = GraphProto.newBuilder().setName("test");
    private final List<FunctionProto> functions = new ArrayList<>();
    private final Random random = new Random(7);
    private final TensorProto.DataType type;
    private final long opset;

    public ModelBuilder() {
        this(TensorProto.DataType.FLOAT, 17);
    }

    /** @param type of everything that has none of its own; float32, float16 or float64 */
    public ModelBuilder(TensorProto.DataType type, long opset) {
        this.type = type;
        this.opset = opset;
    }

    /** X[2, 8] and the projections g = X·Wg and u = X·Wu, both [2, 16]: what most graphs here begin with. */
    public static ModelBuilder projections() {
        return new ModelBuilder().input("X", 2, 8).weight("Wg", 8, 16).weight("Wu", 8, 16)
                .node("MatMul", "g", "X", "Wg").node("MatMul", "u", "X", "Wu");
    }

    /** Y = SiLU(X·Wg) ⊙ (X·Wu), as PyTorch writes it. */
    public static ModelBuilder swiglu() {
        return projections().silu("g", "a").node("Mul", "Y", "a", "u").output("Y", 2, 16);
    }

    public ModelBuilder silu(String x, String y) {
        return node("Sigmoid", y + "_sigmoid", x).node("Mul", y, x, y + "_sigmoid");
    }

    public ModelBuilder input(String name, long... shape) {
        graph.addInput(value(name, type, shape));
        return this;
    }

    public ModelBuilder flag(String name) {
        graph.addInput(value(name, TensorProto.DataType.BOOL));
        return this;
    }

    /** An input of int64. */
    public ModelBuilder indices(String name, long... shape) {
        graph.addInput(value(name, TensorProto.DataType.INT64, shape));
        return this;
    }

    public ModelBuilder output(String name, long... shape) {
        graph.addOutput(value(name, type, shape));
        return this;
    }

    /** An output of any shape. */
    public ModelBuilder output(String name) {
        output(name, 0);
        graph.getOutputBuilder(graph.getOutputCount() - 1).getTypeBuilder().getTensorTypeBuilder().clearShape();
        return this;
    }

    public ModelBuilder weight(String name, long... shape) {
        TensorProto.Builder tensor = TensorProto.newBuilder().setName(name).setDataType(type.getNumber());
        long count = 1;
        for (long size : shape) {
            tensor.addDims(size);
            count *= size;
        }
        for (int i = 0; i < count; i++) {
            add(tensor, random.nextGaussian());
        }
        graph.addInitializer(tensor);
        return this;
    }

    /** A weight whose numbers lie in a file beside the model. */
    public ModelBuilder external(String name, String location, long offset, long... shape) {
        TensorProto.Builder tensor = TensorProto.newBuilder().setName(name).setDataType(TensorProto.DataType.FLOAT_VALUE)
                .setDataLocation(TensorProto.DataLocation.EXTERNAL)
                .addExternalData(StringStringEntryProto.newBuilder().setKey("location").setValue(location))
                .addExternalData(StringStringEntryProto.newBuilder().setKey("offset").setValue(String.valueOf(offset)));
        for (long size : shape) {
            tensor.addDims(size);
        }
        graph.addInitializer(tensor);
        return this;
    }

    public ModelBuilder scalar(String name, float value) {
        graph.addInitializer(add(TensorProto.newBuilder().setName(name).setDataType(type.getNumber()), value));
        return this;
    }

    private static TensorProto.Builder add(TensorProto.Builder tensor, double value) {
        return switch (tensor.getDataType()) {
            case TensorProto.DataType.DOUBLE_VALUE -> tensor.addDoubleData(value);
            case TensorProto.DataType.FLOAT16_VALUE -> tensor.addInt32Data(Float16.round((float) value) & 0xffff);
            default -> tensor.addFloatData((float) value);
        };
    }

    public ModelBuilder integers(String name, long... values) {
        TensorProto.Builder tensor = TensorProto.newBuilder().setName(name).setDataType(TensorProto.DataType.INT64_VALUE)
                .addDims(values.length);
        for (long value : values) {
            tensor.addInt64Data(value);
        }
        graph.addInitializer(tensor);
        return this;
    }

    /** An int64 without dimensions. */
    public ModelBuilder integer(String name, long value) {
        integers(name, value);
        graph.getInitializerBuilder(graph.getInitializerCount() - 1).clearDims();
        return this;
    }

    /** A value_info. */
    public ModelBuilder declare(String name, long... shape) {
        graph.addValueInfo(value(name, type, shape));
        return this;
    }

    /** Nodes in the notation of {@link GraphText}. */
    public ModelBuilder nodes(String statements) {
        GraphText.write(this, statements);
        return this;
    }

    public ModelBuilder node(String op, String output, String... inputs) {
        return node(op, output, List.of(inputs));
    }

    /** @param op an operator name, with its domain and {@code ::} in front where it is not a standard one */
    public ModelBuilder node(String op, String output, List<String> inputs, AttributeProto... attributes) {
        int colons = op.indexOf("::");
        graph.addNode(NodeProto.newBuilder().setDomain(colons < 0 ? "" : op.substring(0, colons))
                .setOpType(colons < 0 ? op : op.substring(colons + 2)).setName("node " + output)
                .addAllInput(inputs).addOutput(output).addAllAttribute(List.of(attributes)));
        return this;
    }

    /** A node with several outputs. */
    public ModelBuilder node(String op, List<String> outputs, List<String> inputs, AttributeProto... attributes) {
        node(op, outputs.get(0), inputs, attributes);
        graph.getNodeBuilder(graph.getNodeCount() - 1).clearOutput().addAllOutput(outputs);
        return this;
    }

    /** An If whose branches read values of this graph. */
    public ModelBuilder branch(String output, String condition, ModelBuilder whenTrue, ModelBuilder whenFalse) {
        graph.addNode(NodeProto.newBuilder().setOpType("If").setName("node " + output).addInput(condition).addOutput(output)
                .addAttribute(body("then_branch", whenTrue)).addAttribute(body("else_branch", whenFalse)));
        return this;
    }

    /** A Loop of {@code count} turns that carries {@code state}; the body gets it as "before" and makes "after" of the same shape. */
    public ModelBuilder loop(String output, String count, String state, ModelBuilder body, long... shape) {
        GraphProto.Builder inner = body.graph.setName("body");
        inner.addInput(0, value("turn", TensorProto.DataType.INT64)).addInput(1, value("go", TensorProto.DataType.BOOL))
                .addInput(2, value("before", type, shape));
        inner.addNode(NodeProto.newBuilder().setOpType("Identity").addInput("go").addOutput("goes on"));
        inner.addOutput(value("goes on", TensorProto.DataType.BOOL)).addOutput(value("after", type, shape));
        graph.addNode(NodeProto.newBuilder().setOpType("Loop").setName("node " + output).addInput(count).addInput("")
                .addInput(state).addOutput(output).addAttribute(body("body", body)));
        return this;
    }

    /** A Scan over the first dimension of {@code sequence}; the body gets a part as "part" and makes "made". */
    public ModelBuilder scan(String output, String sequence, ModelBuilder body, long[] part, long[] made) {
        body.graph.addInput(value("part", type, part)).addOutput(value("made", type, made));
        return node("Scan", output, List.of(sequence), Attributes.of("num_scan_inputs", 1), body("body", body));
    }

    /** One of the model's own functions, of the domain "own", its body in the notation of {@link GraphText}; it makes "y". */
    public ModelBuilder function(String name, List<String> inputs, String statements) {
        return function(name, inputs, "", statements);
    }

    /** @param attribute one attribute of the function; empty for none */
    public ModelBuilder function(String name, List<String> inputs, String attribute, String statements) {
        GraphProto body = new ModelBuilder(type, opset).nodes(statements).graph.build();
        FunctionProto.Builder function = FunctionProto.newBuilder().setDomain("own").setName(name)
                .addAllInput(inputs).addOutput("y").addOpsetImport(opset("", opset)).addOpsetImport(opset("own", 1));
        if (!attribute.isEmpty()) {
            function.addAttribute(attribute);
        }
        body.getInitializerList().forEach(number -> function.addNode(NodeProto.newBuilder().setOpType("Constant")
                .addOutput(number.getName()).addAttribute(Attributes.of("value", number))));
        functions.add(function.addAllNode(body.getNodeList()).build());
        return this;
    }

    public ModelProto build() {
        ModelProto.Builder model = ModelProto.newBuilder().setIrVersion(8).setGraph(graph)
                .addOpsetImport(opset("", opset)).addOpsetImport(opset("com.microsoft", 1));
        if (graph.getNodeList().stream().anyMatch(node -> node.getDomain().equals("dev.swiglu"))) {
            model.addOpsetImport(opset("dev.swiglu", 1));
        }
        if (!functions.isEmpty()) {
            model.addAllFunctions(functions).addOpsetImport(opset("own", 1));
        }
        return model.build();
    }

    /** The model as if read from a file; nothing is written. */
    public ModelFile file() {
        ModelProto model = build();
        return new ModelFile(Path.of("test.onnx"), model, model.toByteString());
    }

    private static AttributeProto body(String name, ModelBuilder body) {
        return AttributeProto.newBuilder().setName(name).setType(AttributeProto.AttributeType.GRAPH)
                .setG(body.graph.setName(name)).build();
    }

    private static OperatorSetIdProto opset(String domain, long version) {
        return OperatorSetIdProto.newBuilder().setDomain(domain).setVersion(version).build();
    }

    private static ValueInfoProto value(String name, TensorProto.DataType type, long... shape) {
        TensorShapeProto.Builder dims = TensorShapeProto.newBuilder();
        for (long size : shape) {
            TensorShapeProto.Dimension.Builder dimension = dims.addDimBuilder();
            if (size == ANY) {
                dimension.setDimParam("batch");
            } else {
                dimension.setDimValue(size);
            }
        }
        return ValueInfoProto.newBuilder().setName(name).setType(TypeProto.newBuilder().setTensorType(
                TypeProto.Tensor.newBuilder().setElemType(type.getNumber()).setShape(dims))).build();
    }
}
