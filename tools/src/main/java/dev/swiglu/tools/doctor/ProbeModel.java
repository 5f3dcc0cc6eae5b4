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

/** Models of one node: what fails to open or run them is the machine's fault, not the model's. */
final class ProbeModel {
    private static final int IR_VERSION = 8;
    private static final int OPSET = 17;
    private static final String OPERATORS = "dev.swiglu";

    private ProbeModel() {}

    /** {@code y = gate}: runs on any ONNX Runtime. */
    static SessionBuilder identity() {
        return of(NodeProto.newBuilder().setOpType("Identity").addInput("gate").addOutput("y"), "gate");
    }

    /** {@code y = gate · σ(gate) · up}: runs only with the operator library. */
    static SessionBuilder swiglu() {
        return of(NodeProto.newBuilder().setDomain(OPERATORS).setOpType("SwiGLU").addInput("gate").addInput("up").addOutput("y"),
                "gate", "up");
    }

    private static SessionBuilder of(NodeProto.Builder node, String... inputs) {
        GraphProto.Builder graph = GraphProto.newBuilder().setName("probe").addNode(node).addOutput(number("y"));
        for (String input : inputs) {
            graph.addInput(number(input));
        }
        ModelProto model = ModelProto.newBuilder().setIrVersion(IR_VERSION).setGraph(graph)
                .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("").setVersion(OPSET))
                .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain(OPERATORS).setVersion(1)).build();
        return ModelSession.builder(ByteBuffer.wrap(model.toByteArray()), Path.of("").toAbsolutePath());
    }

    private static ValueInfoProto number(String name) {
        TensorShapeProto one = TensorShapeProto.newBuilder()
                .addDim(TensorShapeProto.Dimension.newBuilder().setDimValue(1)).build();
        TypeProto.Tensor tensor = TypeProto.Tensor.newBuilder().setElemType(TensorProto.DataType.FLOAT.getNumber())
                .setShape(one).build();
        return ValueInfoProto.newBuilder().setName(name).setType(TypeProto.newBuilder().setTensorType(tensor)).build();
    }
}
