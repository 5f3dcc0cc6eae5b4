package dev.swiglu.tools.mnist;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import dev.swiglu.Tensor;
import dev.swiglu.tools.onnx.Attributes;
import dev.swiglu.tools.onnx.ElementType;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * The forward model, as an exporter would write it:
 * x = normalized pixels, logits = (silu(x·w_gate + b_gate) ⊙ (x·w_up + b_up))·w_out + b_out, loss = cross entropy.
 * Weights are normal with variance 1 / (rows), biases zero; the loss is computed in float32, or float64
 * where the weights are.
 */
final class DigitModel {
    static final String IMAGES = "images";
    static final String LABELS = "labels";
    static final String LOGITS = "logits";
    static final String LOSS = "loss";

    private static final int IR_VERSION = 8;
    private static final int OPSET = 17;
    /** Mean and standard deviation of the grey levels of MNIST's training pictures. */
    private static final float MEAN = 33.32f;
    private static final float DEVIATION = 78.57f;

    private final GraphProto.Builder graph = GraphProto.newBuilder().setName("digits");
    private final ElementType type;
    private final Random random;

    private DigitModel(ElementType type, long seed) {
        this.type = type;
        this.random = new Random(seed);
    }

    static ModelProto of(int hidden, ElementType type, long seed) {
        DigitModel model = new DigitModel(type, seed);
        model.write(hidden);
        return ModelProto.newBuilder().setIrVersion(IR_VERSION).setProducerName("swiglu-ort").setGraph(model.graph)
                .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(OPSET)).build();
    }

    private void write(int hidden) {
        TensorProto.DataType wide = type == ElementType.FLOAT64 ? TensorProto.DataType.DOUBLE : TensorProto.DataType.FLOAT;
        graph.addInput(value(IMAGES, TensorProto.DataType.UINT8, Images.PIXELS))
                .addInput(value(LABELS, TensorProto.DataType.INT64))
                .addOutput(value(LOGITS, wide, Images.CLASSES))
                .addOutput(ValueInfoProto.newBuilder().setName(LOSS).setType(tensor(wide)));
        cast("levels", IMAGES, TensorProto.DataType.FLOAT);
        constant("mean", MEAN);
        constant("deviation", DEVIATION);
        node("Sub", "centred", "levels", "mean");
        node("Div", "normalized", "centred", "deviation");
        cast("x", "normalized", TensorProto.DataType.forNumber(type.onnxNumber()));
        linear("gate", "x", Images.PIXELS, hidden);
        linear("up", "x", Images.PIXELS, hidden);
        node("Sigmoid", "sigmoid", "gate");
        node("Mul", "silu", "gate", "sigmoid");
        node("Mul", "hidden", "silu", "up");
        linear("out", "hidden", hidden, Images.CLASSES);
        cast(LOGITS, "out", wide);
        node("SoftmaxCrossEntropyLoss", LOSS, LOGITS, LABELS);
    }

    private void linear(String name, String input, int rows, int columns) {
        double[] values = new double[rows * columns];
        Arrays.setAll(values, i -> random.nextGaussian() / Math.sqrt(rows));
        weight("w_" + name, values, rows, columns);
        weight("b_" + name, new double[columns], columns);
        node("MatMul", name + "_product", input, "w_" + name);
        node("Add", name, name + "_product", "b_" + name);
    }

    private void weight(String name, double[] values, long... shape) {
        float[] floats = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            floats[i] = (float) values[i];
        }
        Tensor tensor = switch (type) {
            case FLOAT64 -> Tensor.float64(values, shape);
            case FLOAT16 -> Tensor.float16(floats, shape);
            case BFLOAT16 -> Tensor.bfloat16(floats, shape);
            default -> Tensor.float32(floats, shape);
        };
        TensorProto.Builder weight = graph.addInitializerBuilder().setName(name).setDataType(type.onnxNumber())
                .setRawData(ByteString.copyFrom(tensor.data()));
        for (long dimension : shape) {
            weight.addDims(dimension);
        }
    }

    private NodeProto.Builder node(String operator, String output, String... inputs) {
        return graph.addNodeBuilder().setOpType(operator).setName(output).addAllInput(List.of(inputs)).addOutput(output);
    }

    private void cast(String output, String input, TensorProto.DataType to) {
        node("Cast", output, input).addAttribute(Attributes.of("to", to.getNumber()));
    }

    /** A node, not an initializer: those are what is trained. */
    private void constant(String output, float number) {
        node("Constant", output).addAttribute(Attributes.of("value_float", number));
    }

    private static ValueInfoProto value(String name, TensorProto.DataType type, long... rowShape) {
        TypeProto.Builder described = tensor(type);
        described.getTensorTypeBuilder().getShapeBuilder().addDimBuilder().setDimParam("batch");
        for (long dimension : rowShape) {
            described.getTensorTypeBuilder().getShapeBuilder().addDimBuilder().setDimValue(dimension);
        }
        return ValueInfoProto.newBuilder().setName(name).setType(described).build();
    }

    private static TypeProto.Builder tensor(TensorProto.DataType type) {
        TypeProto.Builder described = TypeProto.newBuilder();
        described.getTensorTypeBuilder().setElemType(type.getNumber()).getShapeBuilder();
        return described;
    }
}
