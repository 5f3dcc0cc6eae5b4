package dev.swiglu.tools.rewrite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.ModelBuilder;
import dev.swiglu.tools.ToolException;
import org.junit.jupiter.api.Test;

/** What a rewrite took away comes back to its place, also in bodies. */
class RestorationTest {

    @Test
    void bodiesAreRestored() {
        ModelBuilder gated = new ModelBuilder().node("MatMul", "g", "X", "Wg").node("MatMul", "u", "X", "Wu").silu("g", "a")
                .declare("g", 2, 16).node("Mul", "t", "a", "u").output("t", 2, 16);
        ModelBuilder model = new ModelBuilder().input("X", 2, 8).flag("c").weight("Wg", 8, 16).weight("Wu", 8, 16)
                .branch("Y", "c", gated, new ModelBuilder().node("MatMul", "e", "X", "Wg").output("e", 2, 16)).output("Y", 2, 16);
        Restoration restoration = Restoration.of(rewritten(model)).orElseThrow();
        assertEquals(model.build(), restoration.model());
        assertTrue(restoration.isIdenticalToSource());
    }

    @Test
    void damagedNotesAreRefused() {
        ModelProto.Builder model = rewritten(ModelBuilder.swiglu()).toBuilder();
        model.getGraphBuilder().getNodeBuilder(0).getMetadataPropsBuilderList()
                .forEach(entry -> entry.setValue(entry.getValue().replace("0,1,2,3,4", "0,1,2,3,99")));
        ToolException refusal = assertThrows(ToolException.class, () -> Restoration.of(model.build()));
        assertEquals(ExitCode.REFUSED, refusal.exitCode());
    }

    /** Restoring, or rewriting anew, would silently bring back the weight that somebody exchanged. */
    @Test
    void anEditedModelIsNotTakenBack() {
        ModelProto.Builder model = rewritten(ModelBuilder.swiglu()).toBuilder();
        model.getGraphBuilder().getNodeBuilder(0).setInput(2, "Wg");
        ToolException refusal = assertThrows(ToolException.class, () -> Restoration.of(model.build()));
        assertEquals(ExitCode.REFUSED, refusal.exitCode());
        assertTrue(refusal.getMessage().contains("was changed after"), refusal.getMessage());
    }

    private static ModelProto rewritten(ModelBuilder model) {
        return Rewriter.of(model.file(), Mode.AUTO).result("test").orElseThrow();
    }
}
