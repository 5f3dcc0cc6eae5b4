package dev.swiglu.tools.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.AttributeProto;
import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.ModelBuilder;
import dev.swiglu.tools.ToolException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Who makes and who reads a value, across the borders of bodies. */
class GraphIndexTest {

    @Test
    void branchesSeeTheEnclosingGraphAndNotEachOther() {
        GraphIndex index = index(new ModelBuilder().input("X", 2).flag("c").node("Neg", "n", "X")
                .branch("Y", "c",
                        new ModelBuilder().node("Exp", "same", "n").output("same", 2),
                        new ModelBuilder().node("Abs", "same", "n").output("same", 2))
                .output("Y", 2));
        Scope whenTrue = index.scopes().get(1);
        Scope whenFalse = index.scopes().get(2);
        assertEquals("Exp", whenTrue.producer("same").orElseThrow().node().getOpType());
        assertEquals("Abs", whenFalse.producer("same").orElseThrow().node().getOpType());
        assertEquals(index.main(), whenFalse.definer("n").orElseThrow());
        assertEquals(List.of(whenTrue, whenFalse), index.main().consumers("n").stream().map(NodeRef::scope).toList());
        assertTrue(index.main().producer("same").isEmpty());
    }

    @Test
    void readsConstantsInEveryFormThatOnnxHasForNumbers() {
        assertConstant(ElementType.INT64, 1, Attributes.of("value_ints", List.of(3L, -1L)), 3, -1);
        assertConstant(ElementType.INT64, 0, Attributes.of("value_int", 7L), 7);
        assertConstant(ElementType.FLOAT32, 0, Attributes.of("value_float", 0.5f), 0.5);
        assertConstant(ElementType.FLOAT32, 1, AttributeProto.newBuilder().setName("value_floats")
                .setType(AttributeProto.AttributeType.FLOATS).addFloats(0.5f).addFloats(-2).build(), 0.5, -2);
        assertConstant(ElementType.FLOAT64, 0, Attributes.of("value", TensorData.scalar(ElementType.FLOAT64, 0.1)), 0.1);
    }

    private static void assertConstant(ElementType element, int rank, AttributeProto attribute, double... numbers) {
        GraphIndex index = index(new ModelBuilder().node("Constant", "c", List.of(), attribute));
        TensorData constant = index.constant(index.main(), "c").orElseThrow();
        assertArrayEquals(numbers, constant.doubles(), attribute.getName());
        ValueTypes.ValueType type = ValueTypes.of(index).of(index.main(), "c");
        assertEquals(List.of(element, rank), List.of(constant.type(), constant.rank()), attribute.getName());
        assertEquals(List.of(element, rank), List.of(type.element(), type.shape().rank()), attribute.getName());
    }

    @Test
    void aConstantThatEachCallOfAFunctionSetsIsNone() {
        GraphIndex index = index(new ModelBuilder().node("Constant", "c", List.of(), AttributeProto.newBuilder()
                .setName("value_float").setType(AttributeProto.AttributeType.FLOAT).setRefAttrName("alpha").build()));
        assertTrue(index.constant(index.main(), "c").isEmpty());
    }

    @Test
    void refusesGraphsThatWouldSendAWalkInCircles() {
        assertRefused("Neg node 'node a' needs its own result", new ModelBuilder().node("Neg", "a", "b").node("Neg", "b", "a"));
        assertRefused("'a' is made twice", new ModelBuilder().input("X", 2).node("Neg", "a", "X").node("Exp", "a", "X"));
    }

    private static void assertRefused(String part, ModelBuilder model) {
        ToolException refusal = assertThrows(ToolException.class, () -> index(model));
        assertEquals(ExitCode.REFUSED, refusal.exitCode());
        assertTrue(refusal.getMessage().contains(part), refusal.getMessage());
    }

    private static GraphIndex index(ModelBuilder model) {
        return GraphIndex.of(model.build(), Path.of("test.onnx"));
    }
}
