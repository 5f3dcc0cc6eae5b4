package dev.swiglu.operators;

import static dev.swiglu.TensorType.BFLOAT16;
import static dev.swiglu.TensorType.FLOAT16;
import static dev.swiglu.TensorType.FLOAT32;
import static dev.swiglu.TensorType.FLOAT64;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.swiglu.ModelSession;
import dev.swiglu.OnnxModel;
import dev.swiglu.Tensor;
import dev.swiglu.TensorType;
import dev.swiglu.ValueInfo;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What a session says about a node's first output when the model leaves out its shape; from ONNX Runtime 1.24 on. */
class InferredShapesTest {

    static OnnxModel model() {
        return OnnxModel.opset(17).using("dev.swiglu", 1);
    }

    static void assertOutputs(String expected, OnnxModel model) {
        try (ModelSession session = model.session().open()) {
            assertEquals(expected, session.outputs().stream().map(ValueInfo::toString).collect(Collectors.joining("; ")));
        }
    }

    @Test
    void symbolicNamesAreKept() {
        for (TensorType type : Samples.TYPES) {
            assertOutputs("y " + type + "[batch, seq, 6]",
                    model().input("x", type, "batch", "seq", 4).input("wg", type, 4, 6).input("wu", type, "K", "N")
                            .node("dev.swiglu:FusedSwiGLU", "x wg wu -> y").outputOfAnyShape("y", type));
        }
    }

    @Test
    void optionalInputsLeftOutInTheMiddle() {
        assertOutputs("dx float32[batch, 4]",
                model().input("dy", FLOAT32, "batch", 6).input("x", FLOAT32, "batch", 4).input("wg", FLOAT32, 4, 6)
                        .input("wu", FLOAT32, 4, 6).input("gate", FLOAT32, "batch", 6).input("up", FLOAT32, "batch", 6)
                        .node("dev.swiglu:FusedSwiGLUGrad", "dy x wg wu _ _ gate up -> dx").outputOfAnyShape("dx", FLOAT32));
    }

    @Test
    void gatedProducts() {
        assertOutputs("y float16[batch, 3]", model().input("a", FLOAT16, "batch", "N").input("b", FLOAT16, "rows", 3)
                .node("dev.swiglu:SwiGLU", "a b -> y").outputOfAnyShape("y", FLOAT16));
        assertOutputs("y bfloat16[batch, 3]", model().input("a", BFLOAT16, "batch", 6)
                .node("dev.swiglu:SwiGLU", "a -> y").outputOfAnyShape("y", BFLOAT16));
        assertOutputs("da float64[batch, 6]", model().input("dy", FLOAT64, "batch", 3).input("a", FLOAT64, "batch", 6)
                .node("dev.swiglu:SwiGLUGrad", "dy a -> da").outputOfAnyShape("da", FLOAT64));
    }

    /** Half of a dimension that has only a name has no name; it must neither contradict what follows nor be taken for another. */
    @Test
    void halvesOfNamedDimensionsAreOpen() {
        OnnxModel model = model().input("a", FLOAT32, "batch", "gateAndUp").input("other", FLOAT32, "batch", "gateAndUp2")
                .constant("w", Tensor.float32(new float[] {1, 1, 1}, 3, 1))
                .node("dev.swiglu:SwiGLU", "a -> y").node("dev.swiglu:SwiGLU", "other -> z")
                .node("MatMul", "y w -> product").node("Concat", "y z -> both", Map.of("axis", 1L))
                .outputOfAnyShape("y", FLOAT32).outputOfAnyShape("z", FLOAT32).outputOfAnyShape("product", FLOAT32)
                .outputOfAnyShape("both", FLOAT32);
        try (ModelSession session = model.session().open()) {
            ValueInfo y = session.outputs().get(0);
            ValueInfo z = session.outputs().get(1);
            assertEquals(List.of(-1L, -1L), y.shape());
            assertEquals("batch", y.symbols().get(0));
            assertFalse(y.symbols().get(1).equals(z.symbols().get(1)) && !z.symbols().get(1).isEmpty(), "two lengths, one name");
            assertEquals("product float32[batch, 1]", session.outputs().get(2).toString());
            session.run(Map.of("a", new Samples(FLOAT32).normal(2, 6), "other", new Samples(FLOAT32).normal(2, 10)));
        }
    }

    /** A reshape to sizes known only at run time leaves dimensions without any name. */
    @Test
    void dimensionsWithoutANameMeetNamedOnes() {
        OnnxModel model = model().input("x", FLOAT32, "batch", "seq", 2).constant("minusOne", Tensor.int64(new long[] {-1}, 1))
                .constant("two", Tensor.int64(new long[] {2}, 1)).input("residual", FLOAT32, "rows", 2)
                .constant("w", Tensor.float32(new float[] {1, 2, 3, 4}, 2, 2))
                .node("Concat", "minusOne two -> flat", Map.of("axis", 0L)).node("Reshape", "x flat -> rowsOfX")
                .node("dev.swiglu:FusedSwiGLU", "rowsOfX w w -> gated").node("Add", "gated residual -> y")
                .outputOfAnyShape("y", FLOAT32);
        try (ModelSession session = model.session().open()) {
            assertEquals(List.of(-1L, 2L), session.outputs().get(0).shape());
            session.run(Map.of("x", new Samples(FLOAT32).normal(2, 3, 2), "residual", new Samples(FLOAT32).normal(6, 2)));
        }
    }

    @Test
    void aSecondOperandOfUnknownShapeDoesNotMakeTheFirstPacked() {
        OnnxModel model = model().input("a", FLOAT32, "batch", 3).inputOfAnyShape("b", FLOAT32)
                .node("dev.swiglu:SwiGLU", "a b -> y").outputOfAnyShape("y", FLOAT32);
        assertOutputs("y float32[batch, 3]", model);
    }
}
