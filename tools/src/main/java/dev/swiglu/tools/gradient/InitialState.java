package dev.swiglu.tools.gradient;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TrainingInfoProto;
import com.google.protobuf.ByteString;
import dev.swiglu.tools.onnx.Attributes;
import dev.swiglu.tools.onnx.ElementType;
import dev.swiglu.tools.onnx.TensorData;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What a trainer feeds in the first step: a graph without inputs that makes the first value of each state under the name of the
 * input that takes it. It is the {@code initialization} of ONNX's training information, which ONNX Runtime leaves alone.
 */
final class InitialState {
    private static final String STORED = "initial:";

    private final GraphProto.Builder graph = GraphProto.newBuilder().setName("initialization");
    private final Set<String> stored = new HashSet<>();

    void weight(TensorProto weight) {
        add("Identity", stored(weight), weight.getName(), weight, ElementType.of(weight.getDataType()));
    }

    /** The weight in a wider type. */
    void widened(String name, TensorProto weight, ElementType element) {
        add("Cast", stored(weight), name, weight, element, Attributes.of("to", element.onnxNumber()));
    }

    void zeros(String name, TensorProto like, ElementType element) {
        ByteBuffer sizes = ByteBuffer.allocate(Long.BYTES * like.getDimsCount()).order(ByteOrder.LITTLE_ENDIAN);
        like.getDimsList().forEach(sizes::putLong);
        graph.addInitializer(TensorProto.newBuilder().setName(STORED + name).setDataType(ElementType.INT64.onnxNumber())
                .addDims(like.getDimsCount()).setRawData(ByteString.copyFrom(sizes.flip())));
        TensorProto zero = TensorData.scalar(element, 0).toBuilder().addDims(1).build();
        add("ConstantOfShape", STORED + name, name, like, element, Attributes.of("value", zero));
    }

    TrainingInfoProto trainingInfo() {
        return TrainingInfoProto.newBuilder().setInitialization(graph).build();
    }

    private String stored(TensorProto weight) {
        String name = STORED + weight.getName();
        if (stored.add(name)) {
            graph.addInitializer(weight.toBuilder().setName(name));
        }
        return name;
    }

    private void add(String op, String from, String to, TensorProto like, ElementType element, AttributeProto... attributes) {
        graph.addNode(NodeProto.newBuilder().setOpType(op).setName(op + " " + to).addInput(from).addOutput(to)
                .addAllAttribute(List.of(attributes)));
        graph.addOutput(Values.like(like, to, element));
    }
}
