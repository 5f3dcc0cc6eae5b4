package dev.swiglu.tools.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
