package dev.swiglu.tools.gradient;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.swiglu.tools.onnx.ElementType;
import dev.swiglu.tools.onnx.Shape;

/** Declarations of inputs and outputs. */
final class Values {
    private Values() {
    }

    /** A scalar input; answers its name. */
    static String addInput(GraphProto.Builder graph, String name, ElementType element) {
        graph.addInput(of(name, element, TensorShapeProto.getDefaultInstance()));
        return name;
    }

    /** A scalar output; answers its name. */
    static String addOutput(GraphProto.Builder graph, String name, ElementType element) {
        graph.addOutput(of(name, element, TensorShapeProto.getDefaultInstance()));
        return name;
    }

    /** A value of the shape of {@code tensor}. */
    static ValueInfoProto like(TensorProto tensor, String name, ElementType element) {
        TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
        tensor.getDimsList().forEach(size -> shape.addDim(TensorShapeProto.Dimension.newBuilder().setDimValue(size)));
        return of(name, element, shape.build());
    }

    /** A value of a shape of which not everything is known. */
    static ValueInfoProto like(Shape known, String name, ElementType element) {
        if (!known.isRankKnown()) {
            return ValueInfoProto.newBuilder().setName(name).setType(TypeProto.newBuilder().setTensorType(
                    TypeProto.Tensor.newBuilder().setElemType(element.onnxNumber()))).build();
        }
        TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
        for (int i = 0; i < known.rank(); i++) {
            TensorShapeProto.Dimension.Builder dimension = shape.addDimBuilder();
            String size = known.sizes().get(i);
            if (known.size(i).isPresent()) {
                dimension.setDimValue(known.size(i).getAsLong());
            } else if (!size.contains(" of ")) {
                dimension.setDimParam(size);
            }
        }
        return of(name, element, shape.build());
    }

    private static ValueInfoProto of(String name, ElementType element, TensorShapeProto shape) {
        return ValueInfoProto.newBuilder().setName(name).setType(TypeProto.newBuilder().setTensorType(
                TypeProto.Tensor.newBuilder().setElemType(element.onnxNumber()).setShape(shape))).build();
    }
}
