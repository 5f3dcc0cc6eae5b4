package dev.swiglu.tools.rewrite.rule;

import ai.onnx.proto.OnnxMl.FunctionProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import dev.swiglu.tools.onnx.Attributes;
import dev.swiglu.tools.onnx.ElementType;
import dev.swiglu.tools.portable.CarriedFunctions;
import java.util.Optional;
import java.util.function.Function;

/**
 * What one dev.swiglu node computes, as a model-local function of the operator's name: ONNX Runtime prefers a registered
 * kernel, and without one it inlines the function.
 */
public final class PortableFunction {
    private PortableFunction() {
    }

    /** @param opset the model's own version of the standard operators */
    static FunctionProto of(NodeProto node, ElementType element, long opset) {
        return of(node, value -> element, opset).orElseThrow();
    }

    /** Empty where the type of the node is not known or its operator does not take it. */
    public static Optional<FunctionProto> of(NodeProto node, Function<String, ElementType> elements, long opset) {
        return CarriedFunctions.of(node, elements, opset)
                .map(function -> function.toBuilder().setDocString("Y = " + formula(node)).build());
    }

    private static String formula(NodeProto node) {
        boolean fused = node.getOpType().equals("FusedSwiGLU");
        boolean packed = !fused && node.getInputCount() == 1;
        String layout = Attributes.text(node, "layout", "concat");
        String gate = fused ? projection(node, "gate", 3) : packed ? "gate of A, " + layout : "A";
        String up = fused ? projection(node, "up", 4) : packed ? "up of A" : "B";
        String alpha = Attributes.find(node, "alpha").map(value -> "(" + value.getF() + ")").orElse("");
        String limit = Attributes.find(node, "limit").map(value -> " with both clamped at " + value.getF()).orElse("");
        String offset = Attributes.find(node, "up_offset").map(value -> " + " + value.getF()).orElse("");
        return Attributes.text(node, "activation", "silu") + alpha + "(" + gate + ") * "
                + (fused || !offset.isEmpty() ? "(" + up + offset + ")" : up) + limit;
    }

    private static String projection(NodeProto node, String half, int bias) {
        boolean transposed = Attributes.integer(node, "transB", 0) == 1;
        boolean biased = node.getInputCount() > bias && !node.getInput(bias).isEmpty();
        return "X W_" + half + (transposed ? "^T" : "") + (biased ? " + b_" + half : "");
    }
}
