package dev.swiglu.tools.mnist;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.swiglu.tools.gradient.Training;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * A training step that one run repeats on the same batch: the step is the body of a Loop that carries weights and optimizer
 * state, so that they stay where the step runs. By two runs of different length the time of a step is known without that of
 * the way to a GPU and back, which ONNX Runtime's Java interface goes in each run. For timing only: what is trained is lost.
 */
final class RepeatedStep {
    static final String TIMES = "times";
    static final String INITIAL = "initial:";
    static final String LOSSES = "losses";
    private static final String ITERATION = "iteration";
    private static final String CONTINUE = "continue";

    private final GraphProto step;
    private final Training training;
    private final Map<String, ValueInfoProto> values;

    private RepeatedStep(GraphProto step, Training training) {
        this.step = step;
        this.training = training;
        this.values = step.getInputList().stream().collect(Collectors.toMap(ValueInfoProto::getName, value -> value));
    }

    static ModelProto of(ModelProto step, Training training) {
        return step.toBuilder().setGraph(new RepeatedStep(step.getGraph(), training).repeated()).clearTrainingInfo().build();
    }

    private GraphProto repeated() {
        NodeProto.Builder loop = NodeProto.newBuilder().setOpType("Loop").setName("repeat").addInput(TIMES).addInput("");
        GraphProto.Builder main = GraphProto.newBuilder().setName("repeated").addAllInitializer(step.getInitializerList())
                .addInput(scalar(TIMES, TensorProto.DataType.INT64));
        step.getInputList().stream().filter(input -> !isState(input.getName())).forEach(input -> main.addInput(
                input.getName().equals(training.step()) ? input.toBuilder().setName(INITIAL + training.step()).build() : input));
        for (Training.State state : training.state()) {
            main.addInput(values.get(state.input()).toBuilder().setName(INITIAL + state.input()));
            loop.addInput(INITIAL + state.input()).addOutput("final:" + state.input());
        }
        loop.addOutput(LOSSES).addAttribute(AttributeProto.newBuilder().setName("body")
                .setType(AttributeProto.AttributeType.GRAPH).setG(body()));
        ValueInfoProto.Builder losses = loss().toBuilder().setName(LOSSES);
        losses.getTypeBuilder().getTensorTypeBuilder().getShapeBuilder().addDimBuilder().setDimParam(TIMES);
        return main.addNode(loop).addOutput(losses).build();
    }

    private GraphProto body() {
        GraphProto.Builder body = GraphProto.newBuilder().setName("step").addAllValueInfo(step.getValueInfoList())
                .addInput(scalar(ITERATION, TensorProto.DataType.INT64)).addInput(scalar("go_on", TensorProto.DataType.BOOL))
                .addNode(NodeProto.newBuilder().setOpType("Identity").addInput("go_on").addOutput(CONTINUE))
                .addNode(NodeProto.newBuilder().setOpType("Add").addInput(INITIAL + training.step()).addInput(ITERATION)
                        .addOutput(training.step()))
                .addAllNode(step.getNodeList()).addOutput(scalar(CONTINUE, TensorProto.DataType.BOOL));
        for (Training.State state : training.state()) {
            body.addInput(values.get(state.input())).addOutput(values.get(state.input()).toBuilder().setName(state.next()));
        }
        return body.addOutput(loss()).build();
    }

    private ValueInfoProto loss() {
        return step.getOutputList().stream().filter(output -> output.getName().equals(training.loss())).findFirst().orElseThrow();
    }

    private boolean isState(String input) {
        return training.state().stream().anyMatch(state -> state.input().equals(input));
    }

    private static ValueInfoProto scalar(String name, TensorProto.DataType type) {
        TypeProto.Builder described = TypeProto.newBuilder();
        described.getTensorTypeBuilder().setElemType(type.getNumber()).getShapeBuilder();
        return ValueInfoProto.newBuilder().setName(name).setType(described).build();
    }
}
