package dev.swiglu.tools.doctor;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.swiglu.ModelSession;
import dev.swiglu.SessionBuilder;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/** The smallest model, {@code y = x}: what fails to open or run it is the machine's fault, not the model's. */
final class ProbeModel {
    private static final int IR_VERSION = 8;
    private static final int OPSET = 17;

    private ProbeModel() {}

    static SessionBuilder builder() {
        GraphProto graph = GraphProto.newBuilder().setName("probe")
                .addNode(NodeProto.newBuilder().setOpType("Identity").addInput("x").addOutput("y"))
                .addInput(number("x")).addOutput(number("y")).build();
        ModelProto model = ModelProto.newBuilder().setIrVersion(IR_VERSION).setGraph(graph)
                .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("").setVersion(OPSET)).build();
        return ModelSession.builder(ByteBuffer.wrap(model.toByteArray()), Path.of("").toAbsolutePath());
    }

    private static ValueInfoProto number(String name) {
        TypeProto.Tensor scalar = TypeProto.Tensor.newBuilder().setElemType(TensorProto.DataType.FLOAT.getNumber())
                .setShape(TensorShapeProto.getDefaultInstance()).build();
        return ValueInfoProto.newBuilder().setName(name).setType(TypeProto.newBuilder().setTensorType(scalar)).build();
    }
}
