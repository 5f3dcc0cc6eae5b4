package dev.swiglu.operators;

import static dev.swiglu.TensorType.FLOAT32;
import static dev.swiglu.TensorType.FLOAT64;
import static dev.swiglu.operators.InferredShapesTest.assertOutputs;
import static dev.swiglu.operators.InferredShapesTest.model;

import dev.swiglu.TensorType;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Shapes of a node's second and later outputs; from ONNX Runtime 1.28 on, where asking for one that is not there is safe. */
class InferredFurtherShapesTest {

    @Test
    void gateAndUp() {
        for (TensorType type : Samples.TYPES) {
            assertOutputs("y " + type + "[batch, seq, 6]; up " + type + "[batch, seq, 6]",
                    model().input("x", type, "batch", "seq", 4).input("wg", type, 4, 6).input("wu", type, 4, 6)
                            .node("dev.swiglu:FusedSwiGLU", "x wg wu -> y _ up")
                            .outputOfAnyShape("y", type).outputOfAnyShape("up", type));
        }
    }

    @Test
    void gradientsOfWeightsAndBiases() {
        assertOutputs("dx float32[batch, 4]; dwu float32[6, 4]; dbu float32[6]",
                model().input("dy", FLOAT32, "batch", 6).input("x", FLOAT32, "batch", 4).input("wg", FLOAT32, 6, 4)
                        .input("wu", FLOAT32, 6, 4).input("gate", FLOAT32, "batch", 6).input("up", FLOAT32, "batch", 6)
                        .node("dev.swiglu:FusedSwiGLUGrad", "dy x wg wu _ _ gate up -> dx _ dwu _ dbu",
                                Map.of("transB", 1L))
                        .outputOfAnyShape("dx", FLOAT32).outputOfAnyShape("dwu", FLOAT32).outputOfAnyShape("dbu", FLOAT32));
    }

    @Test
    void recomputedProductOfPackedGradients() {
        assertOutputs("da float64[batch, 6]; y float64[batch, 3]", model().input("dy", FLOAT64, "batch", 3)
                .input("a", FLOAT64, "batch", 6).node("dev.swiglu:SwiGLUGrad", "dy a -> da _ y")
                .outputOfAnyShape("da", FLOAT64).outputOfAnyShape("y", FLOAT64));
    }
}
