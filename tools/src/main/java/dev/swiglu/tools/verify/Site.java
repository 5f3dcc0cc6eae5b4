package dev.swiglu.tools.verify;

import ai.onnx.proto.OnnxMl.NodeProto;
import dev.swiglu.tools.onnx.Attributes;
import dev.swiglu.tools.verify.exact.Activation;
import dev.swiglu.tools.verify.exact.GatedUnit;
import dev.swiglu.tools.verify.exact.Layout;
import java.util.List;

/**
 * One {@code dev.swiglu} forward node of a rewritten model: what it computes and which values it reads. The formula is
 * what the node claims; whether the original computes the same is for the judge to find out.
 */
public sealed interface Site {

    NodeProto node();

    GatedUnit unit();

    default String name() {
        return node().getName().isEmpty() ? output() : node().getName();
    }

    default List<String> inputs() {
        return node().getInputList().stream().filter(input -> !input.isEmpty()).toList();
    }

    default String output() {
        return node().getOutput(0);
    }

    /** {@code FusedSwiGLU}: both projections and the gate. */
    record Fused(NodeProto node, GatedUnit unit, boolean transposed) implements Site {

        String x() {
            return node.getInput(0);
        }

        String gateWeights() {
            return node.getInput(1);
        }

        String upWeights() {
            return node.getInput(2);
        }

        /** The empty string where there is none. */
        String gateBias() {
            return node.getInputCount() > 3 ? node.getInput(3) : "";
        }

        String upBias() {
            return node.getInputCount() > 4 ? node.getInput(4) : "";
        }
    }

    /** {@code SwiGLU} of two tensors. */
    record Elementwise(NodeProto node, GatedUnit unit) implements Site {}

    /** {@code SwiGLU} of one tensor that holds gate and up side by side. */
    record Packed(NodeProto node, GatedUnit unit, Layout layout) implements Site {}

    static Site of(NodeProto node) {
        GatedUnit unit = unit(node);
        if (node.getOpType().equals("FusedSwiGLU")) {
            return new Fused(node, unit, Attributes.integer(node, "transB", 0) != 0);
        }
        boolean packed = node.getInputCount() < 2 || node.getInput(1).isEmpty();
        return packed ? new Packed(node, unit, Layout.named(Attributes.text(node, "layout", "concat")))
                : new Elementwise(node, unit);
    }

    private static GatedUnit unit(NodeProto node) {
        Activation activation = Activation.named(Attributes.text(node, "activation", "silu"));
        double alpha = Attributes.find(node, "alpha").map(a -> (double) a.getF()).orElse(activation.defaultAlpha());
        double limit = Attributes.find(node, "limit").map(a -> (double) a.getF()).orElse(Double.POSITIVE_INFINITY);
        return new GatedUnit(activation, alpha, limit, Attributes.real(node, "up_offset", 0));
    }
}
