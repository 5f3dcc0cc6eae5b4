package dev.swiglu.tools.rewrite.rule;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.FunctionProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import dev.swiglu.tools.onnx.Attributes;
import dev.swiglu.tools.onnx.ElementType;
import dev.swiglu.tools.onnx.TensorData;
import dev.swiglu.tools.rewrite.pattern.Activation;
import dev.swiglu.tools.rewrite.pattern.Projection;
import java.util.List;

/**
 * The dev.swiglu operators in standard ONNX, as model-local functions of the same names: ONNX Runtime prefers a registered
 * kernel, and without one it inlines the function. Sigmoid and Mul, never Swish: ONNX Runtime fuses the first pair and
 * leaves the parts of the second apart.
 */
final class PortableBody {
    private final ElementType element;
    private final FunctionProto.Builder function;

    /** @param opset the model's own version of the standard operators */
    PortableBody(long opset, ElementType element) {
        this.element = element;
        this.function = FunctionProto.newBuilder().setDomain(Replacement.DOMAIN).addAttribute("activation")
                .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("").setVersion(opset));
    }

    FunctionProto fusedSwiGLU(Activation activation, Projection gate, Projection up) {
        function.setName("FusedSwiGLU").addAllInput(List.of("X", "W_gate", "W_up"));
        if (gate.hasBias() || up.hasBias()) {
            function.addInput("b_gate");
        }
        if (up.hasBias()) {
            function.addInput("b_up");
        }
        if (gate.transB()) {
            function.addAttribute("transB");
        }
        function.setDocString("Y = " + activation + "(" + formula("gate", gate) + ") * (" + formula("up", up) + ")");
        return gated(activation, projected("gate", gate), projected("up", up));
    }

    FunctionProto swiGLU(Activation activation) {
        function.setName("SwiGLU").addAllInput(List.of("A", "B"));
        function.setDocString("Y = " + activation + "(A) * B");
        return gated(activation, "A", "B");
    }

    private static String formula(String half, Projection projection) {
        return "X W_" + half + (projection.transB() ? "^T" : "") + (projection.hasBias() ? " + b_" + half : "");
    }

    private String projected(String half, Projection projection) {
        String weight = "W_" + half;
        if (projection.transB()) {
            weight = add("Transpose", "W_" + half + "_transposed", List.of(weight), Attributes.of("perm", List.of(1L, 0L)));
        }
        String product = add("MatMul", half + "_product", List.of("X", weight));
        return projection.hasBias() ? add("Add", half, List.of(product, "b_" + half)) : product;
    }

    private FunctionProto gated(Activation activation, String gate, String up) {
        String activated = activation.equals(Activation.SIGMOID) ? add("Sigmoid", "activated", List.of(gate))
                : add("Mul", "activated", List.of(gate, add("Sigmoid", "sigmoid", List.of(scaled(activation, gate)))));
        add("Mul", "Y", List.of(activated, up));
        return function.addOutput("Y").build();
    }

    private String scaled(Activation activation, String gate) {
        if (activation.attributes().size() > 1) {
            function.addAttribute("alpha");
        }
        if (activation.alpha() == 1) {
            return gate;
        }
        String alpha = add("Constant", "alpha", List.of(),
                Attributes.of("value", TensorData.scalar(element, activation.alpha())));
        return add("Mul", "scaled", List.of(alpha, gate));
    }

    private String add(String op, String output, List<String> inputs, AttributeProto... attributes) {
        function.addNode(NodeProto.newBuilder().setOpType(op).setName(output).addAllInput(inputs).addOutput(output)
                .addAllAttribute(List.of(attributes)));
        return output;
    }
}
