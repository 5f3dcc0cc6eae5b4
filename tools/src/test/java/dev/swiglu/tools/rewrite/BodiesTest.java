package dev.swiglu.tools.rewrite;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.swiglu.tools.ModelBuilder;
import dev.swiglu.tools.rewrite.rule.Action;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Gated MLPs that do not stand in the main graph, and read weights of the enclosing one. */
class BodiesTest {
    private static final String SWIGLU = "g = MatMul(%1$s, Wg); u = MatMul(%1$s, Wu); %2$s = Mul(Mul(g, Sigmoid(g)), u)";

    @Test
    void branchesOfAnIf() throws Exception {
        assertFused(weights().input("X", 2, 8).flag("c").branch("Y", "c",
                new ModelBuilder().nodes(SWIGLU.formatted("X", "t")).output("t", 2, 16),
                new ModelBuilder().node("MatMul", "e", "X", "Wu").output("e", 2, 16)).output("Y", 2, 16), "test/node Y.then_branch");
    }

    @Test
    void bodyOfALoop() throws Exception {
        ModelBuilder body = new ModelBuilder().nodes(SWIGLU.formatted("before", "h") + "; after = MatMul(h, Wd)");
        assertFused(weights().input("X", 2, 8).integer("turns", 3).loop("Y", "turns", "X", body, 2, 8).output("Y", 2, 8),
                "test/node Y.body");
    }

    @Test
    void bodyOfAScan() throws Exception {
        ModelBuilder body = new ModelBuilder().nodes(SWIGLU.formatted("part", "made"));
        assertFused(weights().input("X", 3, 2, 8)
                .scan("Y", "X", body, new long[] {2, 8}, new long[] {2, 16}).output("Y", 3, 2, 16), "test/node Y.body");
    }

    @Test
    void functionsOfTheModel() throws Exception {
        assertFused(weights().input("X", 2, 8)
                .function("mlp", List.of("x", "Wg", "Wu", "Wd"), SWIGLU.formatted("x", "h") + "; y = MatMul(h, Wd)")
                .nodes("H = own.mlp(X, Wg, Wu, Wd); Y = own.mlp(H, Wg, Wu, Wd)").output("Y", 2, 8), "function mlp");
    }

    @Test
    void functionsCalledByFunctions() throws Exception {
        assertFused(weights().input("X", 2, 8)
                .function("mlp", List.of("x", "Wg", "Wu"), SWIGLU.formatted("x", "y"))
                .function("block", List.of("x", "Wg", "Wu", "Wd"), "y = Add(x, MatMul(own.mlp(x, Wg, Wu), Wd))")
                .nodes("Y = own.block(own.block(X, Wg, Wu, Wd), Wg, Wu, Wd)").output("Y", 2, 8), "function mlp");
    }

    /** Weights that two calls give in different shapes cannot be those of one operator. */
    @Test
    void functionsAreOnlyFusedWhereAllCallsAgree() {
        Rewriter rewriter = Rewriter.of(weights().input("X", 2, 8).weight("Vg", 8, 1)
                .function("mlp", List.of("x", "Wg", "Wu"), SWIGLU.formatted("x", "y"))
                .nodes("A = own.mlp(X, Wg, Wu); Y = own.mlp(X, Vg, Wu)").output("A", 2, 16).output("Y", 2, 16).file(), Mode.AUTO);
        assertEquals(List.of(Action.LEFT), rewriter.sites().stream().map(Site::action).toList());
    }

    private static ModelBuilder weights() {
        return new ModelBuilder().weight("Wg", 8, 16).weight("Wu", 8, 16).weight("Wd", 16, 8);
    }

    private static void assertFused(ModelBuilder model, String graph) throws Exception {
        Rewriter rewriter = Rewriter.of(model.file(), Mode.AUTO);
        assertEquals(1, rewriter.sites().size(), rewriter.sites()::toString);
        Site site = rewriter.sites().get(0);
        assertEquals(List.of(Action.FUSED, graph, 8L, 16L), List.of(site.action(), site.graph(), site.k(), site.n()), site::reason);
        ModelProto rewritten = rewriter.result("test").orElseThrow();
        PlainRuntime.assertSameOutputs(model.build(), rewritten);
        assertEquals(model.build(), Restoration.of(rewritten).orElseThrow().model());
    }
}
