package dev.swiglu.tools.rewrite;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.onnxruntime.OrtException;
import dev.swiglu.tools.ModelBuilder;
import dev.swiglu.tools.onnx.Attributes;
import dev.swiglu.tools.rewrite.rule.Action;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Rewritten models run in a plain ONNX Runtime, without our library, and give what the originals give. */
class PortableModelTest {

    @Test
    void plain() throws OrtException {
        assertSameOutputs(ModelBuilder.swiglu());
    }

    @Test
    void biasOnUpAlone() throws OrtException {
        assertSameOutputs(ModelBuilder.projections().weight("b", 16).node("Add", "ub", "b", "u").silu("g", "a")
                .node("Mul", "Y", "ub", "a").output("Y", 2, 16));
    }

    @Test
    void transposedWeightsBiasesAndQuickGelu() throws OrtException {
        assertSameOutputs(new ModelBuilder().input("X", 2, 8).weight("Wg", 16, 8).weight("Wu", 16, 8)
                .weight("bg", 16).weight("bu", 16)
                .node("Gemm", "g", List.of("X", "Wg", "bg"), Attributes.of("transB", 1))
                .node("Gemm", "u", List.of("X", "Wu", "bu"), Attributes.of("transB", 1))
                .node("com.microsoft::QuickGelu", "a", "g").node("Mul", "Y", "a", "u").output("Y", 2, 16));
    }

    @Test
    void sigmoidOfScaledGate() throws OrtException {
        assertSameOutputs(ModelBuilder.projections().scalar("alpha", 0.5f).node("Mul", "scaled", "alpha", "g")
                .node("Sigmoid", "s", "scaled").node("Mul", "a", "g", "s").node("Mul", "Y", "a", "u").output("Y", 2, 16));
    }

    @Test
    void activationLevel() throws OrtException {
        assertSameOutputs(ModelBuilder.swiglu().node("Neg", "Z", "g").output("Z", 2, 16));
    }

    @Test
    void insideABranchWithOuterWeights() throws OrtException {
        ModelBuilder plain = new ModelBuilder().node("MatMul", "e", "X", "Wg").output("e", 2, 16);
        ModelBuilder gated = new ModelBuilder().node("MatMul", "g", "X", "Wg").node("MatMul", "u", "X", "Wu").silu("g", "a")
                .node("Mul", "t", "a", "u").output("t", 2, 16);
        assertSameOutputs(new ModelBuilder().input("X", 2, 8).flag("c").weight("Wg", 8, 16).weight("Wu", 8, 16)
                .branch("Y", "c", gated, plain).output("Y", 2, 16));
    }

    /** Both may not be fused: a model has one function of a name. */
    @Test
    void insideALoopInAnotherFormThanOutside() throws OrtException {
        ModelBuilder body = new ModelBuilder().node("MatMul", "g2", "before", "Wg").node("MatMul", "u2", "before", "Wu")
                .node("Add", "gb", "g2", "b").node("Relu", "a2", "gb").node("Mul", "h2", "a2", "u2").node("MatMul", "after", "h2", "Wd");
        assertSameOutputs(ModelBuilder.swiglu().weight("b", 16).weight("Wd", 16, 8).integer("twice", 2)
                .loop("Z", "twice", "X", body, 2, 8).output("Z", 2, 8));
    }

    /** A node that is there already would get the function that a rewrite adds; without it, that node needs the library. */
    @Test
    void aBodysOwnNodeIsNotGivenAFunctionOfAnotherForm() {
        assertEquals(Action.FUSED, actionBesideOwn("silu", "X", "Wg", "Wu"));
        assertEquals(Action.LEFT, actionBesideOwn("relu", "X", "Wg", "Wu"));
        assertEquals(Action.LEFT, actionBesideOwn("silu", "X", "Wg"), "a node that its operator does not take");
    }

    private static Action actionBesideOwn(String activation, String... inputs) {
        ModelBuilder own = new ModelBuilder().node("dev.swiglu::FusedSwiGLU", "t", List.of(inputs),
                Attributes.of("activation", activation)).output("t", 2, 16);
        ModelBuilder plain = new ModelBuilder().node("MatMul", "e", "X", "Wg").output("e", 2, 16);
        ModelBuilder model = ModelBuilder.swiglu().flag("c").branch("Z", "c", own, plain).output("Z", 2, 16);
        return Rewriter.of(model.file(), Mode.FUSED).sites().get(0).action();
    }

    private static void assertSameOutputs(ModelBuilder model) throws OrtException {
        Rewriter rewriter = Rewriter.of(model.file(), Mode.AUTO);
        assertEquals(List.of(), rewriter.sites().stream().filter(site -> site.action() == Action.LEFT).toList());
        PlainRuntime.assertPromises(model, rewriter);
    }
}
