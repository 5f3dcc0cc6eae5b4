package dev.swiglu;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.FunctionProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Writes small models for tests, to be read as the graph that they are:
 *
 * <pre>{@code
 * OnnxModel.opset(17).input("x", FLOAT32, "rows", 4).constant("w", weights)
 *         .node("MatMul", "x w -> y").output("y", FLOAT32, "rows", 2)
 * }</pre>
 *
 * A node of another domain is written {@code "dev.swiglu:SwiGLU"}, an optional input or output that is left out {@code _}.
 */
public final class OnnxModel {
    private static final int IR_VERSION = 8;
    private static final Map<TensorType, TensorProto.DataType> DATA_TYPES = Map.of(
            TensorType.FLOAT32, TensorProto.DataType.FLOAT, TensorType.FLOAT16, TensorProto.DataType.FLOAT16,
            TensorType.BFLOAT16, TensorProto.DataType.BFLOAT16, TensorType.FLOAT64, TensorProto.DataType.DOUBLE,
            TensorType.INT64, TensorProto.DataType.INT64, TensorType.INT32, TensorProto.DataType.INT32,
            TensorType.INT16, TensorProto.DataType.INT16, TensorType.INT8, TensorProto.DataType.INT8,
            TensorType.UINT8, TensorProto.DataType.UINT8, TensorType.BOOL, TensorProto.DataType.BOOL);

    private final ModelProto.Builder model = ModelProto.newBuilder().setIrVersion(IR_VERSION);
    private final GraphProto.Builder graph = model.getGraphBuilder().setName("test");

    private OnnxModel() {}

    public static OnnxModel opset(int version) {
        return new OnnxModel().using("", version);
    }

    public OnnxModel using(String domain, int version) {
        model.addOpsetImport(OperatorSetIdProto.newBuilder().setDomain(domain).setVersion(version));
        return this;
    }

    /** @param dimensions a number for each fixed one, a name for each open one */
    public OnnxModel input(String name, TensorType type, Object... dimensions) {
        graph.addInput(value(name, type, dimensions));
        return this;
    }

    public OnnxModel output(String name, TensorType type, Object... dimensions) {
        graph.addOutput(value(name, type, dimensions));
        return this;
    }

    /** An output whose shape is left to ONNX Runtime to infer. */
    public OnnxModel outputOfAnyShape(String name, TensorType type) {
        graph.addOutput(valueOfAnyShape(name, type));
        return this;
    }

    /** An input about whose shape nothing is known before the run. */
    public OnnxModel inputOfAnyShape(String name, TensorType type) {
        graph.addInput(valueOfAnyShape(name, type));
        return this;
    }

    public OnnxModel constant(String name, Tensor tensor) {
        graph.addInitializer(TensorProto.newBuilder().setName(name).setDataType(DATA_TYPES.get(tensor.type()).getNumber())
                .addAllDims(Arrays.stream(tensor.shape()).boxed().toList()).setRawData(ByteString.copyFrom(tensor.data())));
        return this;
    }

    /** An initializer whose elements are in another file, from its first byte on. */
    public OnnxModel externalConstant(String name, TensorType type, String file, long... shape) {
        TensorProto.Builder tensor = graph.addInitializerBuilder().setName(name).setDataType(DATA_TYPES.get(type).getNumber())
                .addAllDims(Arrays.stream(shape).boxed().toList()).setDataLocation(TensorProto.DataLocation.EXTERNAL);
        tensor.addExternalDataBuilder().setKey("location").setValue(file);
        return this;
    }

    public OnnxModel node(String operator, String connections) {
        return node(operator, connections, Map.of());
    }

    /** @param attributes String, Float and Long values */
    public OnnxModel node(String operator, String connections, Map<String, ?> attributes) {
        NodeProto.Builder node = graph.addNodeBuilder();
        int colon = operator.indexOf(':');
        node.setOpType(operator.substring(colon + 1)).setName(operator + " " + graph.getNodeCount());
        if (colon >= 0) {
            node.setDomain(operator.substring(0, colon));
        }
        String[] sides = connections.split("->");
        names(sides[0], node::addInput);
        names(sides[1], node::addOutput);
        attributes.forEach((name, value) -> node.addAttribute(attribute(name, value)));
        return this;
    }

    /** A model-local function: the operator is what the nodes of {@code body} compute, between these inputs and outputs. */
    public OnnxModel function(String operator, String connections, OnnxModel body) {
        int colon = operator.indexOf(':');
        FunctionProto.Builder function = model.addFunctionsBuilder().setDomain(operator.substring(0, colon))
                .setName(operator.substring(colon + 1)).addAllOpsetImport(body.model.getOpsetImportList())
                .addAllNode(body.graph.getNodeList());
        String[] sides = connections.split("->");
        names(sides[0], function::addInput);
        names(sides[1], function::addOutput);
        return this;
    }

    /** A training model's graph of initial values. */
    public OnnxModel initialization(OnnxModel values) {
        model.addTrainingInfoBuilder().setInitialization(values.graph);
        return this;
    }

    public OnnxModel metadata(String key, String value) {
        model.addMetadataPropsBuilder().setKey(key).setValue(value);
        return this;
    }

    private static void names(String side, Consumer<String> add) {
        Arrays.stream(side.trim().split("\\s+")).map(name -> name.equals("_") ? "" : name).forEach(add);
    }

    private static AttributeProto attribute(String name, Object value) {
        AttributeProto.Builder attribute = AttributeProto.newBuilder().setName(name);
        if (value instanceof String text) {
            return attribute.setType(AttributeProto.AttributeType.STRING).setS(ByteString.copyFromUtf8(text)).build();
        }
        if (value instanceof Float number) {
            return attribute.setType(AttributeProto.AttributeType.FLOAT).setF(number).build();
        }
        return attribute.setType(AttributeProto.AttributeType.INT).setI((Long) value).build();
    }

    private static ValueInfoProto value(String name, TensorType type, Object... dimensions) {
        TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
        for (Object dimension : dimensions) {
            if (dimension instanceof String symbol) {
                shape.addDimBuilder().setDimParam(symbol);
            } else {
                shape.addDimBuilder().setDimValue(((Number) dimension).longValue());
            }
        }
        ValueInfoProto.Builder value = valueOfAnyShape(name, type).toBuilder();
        value.getTypeBuilder().getTensorTypeBuilder().setShape(shape);
        return value.build();
    }

    private static ValueInfoProto valueOfAnyShape(String name, TensorType type) {
        TypeProto.Tensor.Builder tensor = TypeProto.Tensor.newBuilder().setElemType(DATA_TYPES.get(type).getNumber());
        return ValueInfoProto.newBuilder().setName(name).setType(TypeProto.newBuilder().setTensorType(tensor)).build();
    }

    public ByteBuffer buffer() {
        return ByteBuffer.wrap(model.build().toByteArray());
    }

    public Path writeTo(Path file) throws IOException {
        return Files.write(file, model.build().toByteArray());
    }

    /** ONNX's number for an element type, as attributes such as that of {@code Cast} want it. */
    public static long elementType(TensorType type) {
        return DATA_TYPES.get(type).getNumber();
    }

    /** For a model without files beside it. */
    public SessionBuilder session() {
        return ModelSession.builder(buffer(), Path.of("").toAbsolutePath());
    }
}
