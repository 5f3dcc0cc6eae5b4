package dev.swiglu.operators;

import static dev.swiglu.TensorType.BFLOAT16;
import static dev.swiglu.TensorType.FLOAT32;
import static dev.swiglu.TensorType.FLOAT64;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.swiglu.ModelSession;
import dev.swiglu.OnnxModel;
import dev.swiglu.Tensor;
import dev.swiglu.TensorType;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * The fused operator beside ONNX Runtime's own kernels at their highest optimization level: its error is at most twice
 * theirs, plus half a unit of the type. Float64 is the judge of both.
 */
class UnfusedGraphTest {
    /** ONNX Runtime fuses float64 into an operator for which it has no float64 kernel. */
    private static final String DISABLED_OPTIMIZERS = "optimization.disable_specified_optimizers";
    private static final int[][] SIZES = {{1, 64, 96}, {17, 201, 131}, {64, 300, 170}};

    @Test
    void isAsCloseToTheExactValue() {
        for (TensorType type : Samples.TYPES) {
            for (int[] size : SIZES) {
                FusedCase inputs = new FusedCase(type, size[1], size[2], size[0]).biases();
                Exact exact = inputs.exactForward().get("Y");
                double fused = exact.relativeError(inputs.forward().run().get("Y"));
                double unfused = exact.relativeError(unfused(inputs));
                assertTrue(fused <= 2 * unfused + Exact.roundoff(type),
                        inputs.forward() + ": the error is " + fused + ", that of the unfused graph " + unfused);
            }
        }
    }

    /** ONNX Runtime has no bfloat16 products on the CPU; there the whole graph is computed in float32 and rounded once. */
    private static Tensor unfused(FusedCase inputs) {
        TensorType type = inputs.input("X").type();
        TensorType inner = type == BFLOAT16 ? FLOAT32 : type;
        OnnxModel model = OnnxModel.opset(17).input("X", type, "rows", inputs.input("X").shape()[1]);
        for (String constant : List.of("W_gate", "W_up", "b_gate", "b_up")) {
            model.constant(constant, Samples.tensor(inner, inputs.input(constant).doubles(), inputs.input(constant).shape()));
        }
        model.node("Cast", "X -> x", castTo(inner))
                .node("MatMul", "x W_gate -> gateProduct").node("Add", "gateProduct b_gate -> gate")
                .node("MatMul", "x W_up -> upProduct").node("Add", "upProduct b_up -> up")
                .node("Sigmoid", "gate -> sigmoid").node("Mul", "gate sigmoid -> silu").node("Mul", "silu up -> y")
                .node("Cast", "y -> Y", castTo(type)).outputOfAnyShape("Y", type);
        try (ModelSession session = model.session().config(DISABLED_OPTIMIZERS, type == FLOAT64 ? "QuickGeluFusion" : "").open()) {
            return session.run(Map.of("X", inputs.input("X"))).get("Y");
        }
    }

    private static Map<String, Long> castTo(TensorType type) {
        return Map.of("to", OnnxModel.elementType(type));
    }
}
