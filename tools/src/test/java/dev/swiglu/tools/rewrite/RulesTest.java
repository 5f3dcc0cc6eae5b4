package dev.swiglu.tools.rewrite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.AttributeProto;
import dev.swiglu.tools.ModelBuilder;
import dev.swiglu.tools.onnx.Attributes;
import dev.swiglu.tools.rewrite.rule.Action;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is fused, what is fused less, what is left alone, and the reasons. */
class RulesTest {

    @Test
    void operandsOfBothProductsMayBeSwapped() {
        Site site = only(ModelBuilder.projections().node("Sigmoid", "s", "g").node("Mul", "a", "s", "g")
                .node("Mul", "Y", "u", "a").output("Y", 2, 16));
        assertEquals(Action.FUSED, site.action());
        assertEquals(List.of("X", "Wg", "Wu"), site.inputs());
    }

    @Test
    void biasMayBeEitherOperandOfItsAdd() {
        Site site = only(ModelBuilder.projections().weight("bg", 16).weight("bu", 16)
                .node("Add", "gb", "bg", "g").node("Add", "ub", "u", "bu").silu("gb", "a").node("Mul", "Y", "a", "ub")
                .output("Y", 2, 16));
        assertEquals(Action.FUSED, site.action());
        assertEquals(List.of("X", "Wg", "Wu", "bg", "bu"), site.inputs());
    }

    @Test
    void inputsLeftOutAtTheEndAreNotWritten() {
        Site gateOnly = only(ModelBuilder.projections().weight("b", 16).node("Add", "gb", "g", "b").silu("gb", "a")
                .node("Mul", "Y", "a", "u").output("Y", 2, 16));
        Site upOnly = only(ModelBuilder.projections().weight("b", 16).node("Add", "ub", "u", "b").silu("g", "a")
                .node("Mul", "Y", "a", "ub").output("Y", 2, 16));
        assertEquals(List.of("X", "Wg", "Wu", "b"), gateOnly.inputs());
        assertEquals(List.of("X", "Wg", "Wu", "", "b"), upOnly.inputs());
    }

    @Test
    void gemmWithTransposedWeightsAndBias() {
        AttributeProto transB = Attributes.of("transB", 1);
        Site site = only(new ModelBuilder().input("X", 2, 8).weight("Wg", 16, 8).weight("Wu", 16, 8).weight("b", 16)
                .node("Gemm", "g", List.of("X", "Wg", "b"), transB).node("Gemm", "u", List.of("X", "Wu", "b"), transB)
                .silu("g", "a").node("Mul", "Y", "a", "u").output("Y", 2, 16));
        assertEquals(List.of(Action.FUSED, "Gemm, Sigmoid*x", 8L, 16L), List.of(site.action(), site.form(), site.k(), site.n()));
    }

    @Test
    void reshapesAroundTheProductsAreSeenThrough() {
        Site site = only(new ModelBuilder().input("X", 1, 2, 8).weight("Wg", 8, 16).weight("Wu", 8, 16)
                .integers("rows", 2, 8).integers("same rows", 2, 8).integers("back", 1, 2, 16)
                .node("Reshape", "Xg", "X", "rows").node("MatMul", "gm", "Xg", "Wg").node("Reshape", "g", "gm", "back")
                .node("Reshape", "Xu", "X", "same rows").node("MatMul", "um", "Xu", "Wu").node("Reshape", "u", "um", "back")
                .declare("g", 1, 2, 16).declare("u", 1, 2, 16)
                .silu("g", "a").node("Mul", "Y", "a", "u").output("Y", 1, 2, 16));
        assertEquals(List.of(Action.FUSED, List.of("X", "Wg", "Wu")), List.of(site.action(), site.inputs()));
    }

    @Test
    void quickGeluKeepsItsRealAlpha() {
        Site byDefault = quickGelu();
        Site silu = quickGelu(Attributes.of("alpha", 1f));
        Site half = quickGelu(Attributes.of("alpha", 0.5f));
        assertEquals(List.of("quick_gelu", 1.702f), List.of(byDefault.activation(), byDefault.alpha()));
        assertEquals(List.of("silu", 1f), List.of(silu.activation(), silu.alpha()));
        assertEquals(List.of("silu", 0.5f), List.of(half.activation(), half.alpha()));
    }

    /** An alpha of higher rank would add dimensions to the product. */
    @Test
    void onlyAnAlphaThatLeavesTheShapeAloneIsTaken() {
        assertEquals(0.5f, only(scaledSilu(new ModelBuilder().scalar("alpha", 0.5f))).alpha());
        assertReason(only(scaledSilu(new ModelBuilder().weight("alpha", 1, 1, 1))), "together compute none of the activations");
    }

    private static ModelBuilder scaledSilu(ModelBuilder withAlpha) {
        return withAlpha.input("X", 2, 8).weight("Wg", 8, 16).weight("Wu", 8, 16).node("MatMul", "g", "X", "Wg")
                .node("MatMul", "u", "X", "Wu").node("Mul", "scaled", "alpha", "g").node("Sigmoid", "s", "scaled")
                .node("Mul", "a", "g", "s").node("Mul", "Y", "a", "u").output("Y", 2, 16);
    }

    @Test
    void plainGluIsNotSwiGlu() {
        Site glu = only(ModelBuilder.projections().node("Sigmoid", "s", "g").node("Mul", "Y", "s", "u").output("Y", 2, 16));
        assertEquals(List.of("sigmoid", Action.FUSED), List.of(glu.activation(), glu.action()));

        List<Site> attentionGate = sites(ModelBuilder.projections().input("Z", 2, 16).node("Sigmoid", "s", "g")
                .node("Mul", "Y", "s", "Z").output("Y", 2, 16), Mode.AUTO);
        assertEquals(List.of(), attentionGate, "a sigmoid gate on anything but a projection of the same X");
    }

    /** Each looks like a gated MLP and is none that our operators compute. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        HardSwish        | Y = Mul(HardSwish(g), u)                                      | HardSwish node 'node v1' together
        Elu              | Y = Mul(Elu(g), u)                                            | Elu node 'node v1'
        Tanh             | Y = Mul(u, Tanh(g))                                           | Tanh node 'node v1'
        Sigmoid          | Y = Mul(Mul(Mul(g, Sigmoid(g)), 0.5), u)                      | Sigmoid node 'node v1' together
        Sigmoid          | Y = Mul(Mul(g, Sigmoid(Add(g, 1))), u)                        | Sigmoid node
        Sigmoid          | Y = Mul(Mul(g, Sigmoid(Mul(g, wide))), u)                     | Sigmoid node
        Erf              | Y = Mul(Mul(g, Add(1, Erf(g))), u)                            | Erf node
        Tanh             | Y = Mul(Mul(Mul(0.5, g), Add(1, Tanh(Mul(0.8, g)))), u)       | Tanh node
        Clip             | Y = Mul(Clip(g, 0, 6), u)                                     | Clip node
        Sigmoid          | Y = Mul(Mul(g, Cast[to=1](Cast[to=10](Sigmoid(g)))), u)       | Sigmoid node
        Sigmoid          | q = QuantizeLinear(Mul(g, Sigmoid(g)), 0.1); Y = Mul(DequantizeLinear(q, 0.1), u) | QuantizeLinear node 'node q' rounds
        """)
    void nearMissesAreListedWithWhatStandsInTheWay(String form, String nodes, String reason) {
        Site site = only(ModelBuilder.projections().weight("wide", 16).nodes(nodes).output("Y", 2, 16));
        assertEquals(List.of(Action.LEFT, "unknown", form), List.of(site.action(), site.activation(), site.form()), site::toString);
        assertReason(site, reason);
    }

    /** Products that have nothing of a gated MLP. */
    @ParameterizedTest
    @ValueSource(strings = {"Y = Mul(Sigmoid(g), g)", "Y = Mul(Tanh(g), Sigmoid(u))", "Y = Mul(g, 2)", "Y = Mul(g, g)",
        "Y = Mul(Softmax(g), u)"})
    void otherProductsAreNotListed(String nodes) {
        assertEquals(List.of(), sites(ModelBuilder.projections().nodes(nodes).output("Y", 2, 16), Mode.AUTO));
    }

    @Test
    void gateReadElsewhereKeepsItsProjection() {
        Site site = only(ModelBuilder.swiglu().node("Neg", "Z", "g").output("Z", 2, 16));
        assertEquals(Action.ACTIVATION, site.action());
        assertEquals(List.of("g", "u"), site.inputs());
        assertReason(site, "'g', made by MatMul node 'node g', is also read by Neg node 'node Z'.");
    }

    @Test
    void activatedGateThatIsAnOutputIsLeft() {
        Site site = only(ModelBuilder.swiglu().output("a", 2, 16));
        assertEquals(Action.LEFT, site.action());
        assertReason(site, "'a', made by Mul node 'node a', is an output of the graph.");
    }

    @Test
    void activatedGateCapturedByABodyIsLeft() {
        Site site = only(ModelBuilder.swiglu().flag("c").branch("Z", "c",
                new ModelBuilder().node("Identity", "t", "a").output("t", 2, 16),
                new ModelBuilder().node("Neg", "e", "Y").output("e", 2, 16)).output("Z", 2, 16));
        assertEquals(Action.LEFT, site.action());
        assertReason(site, "is also read by Identity node 'node t' in the body test/node Z.then_branch.");
    }

    @Test
    void projectionsOfDifferentValuesAreNotFused() {
        Site site = only(new ModelBuilder().input("X", 2, 8).input("Z", 2, 8).weight("Wg", 8, 16).weight("Wu", 8, 16)
                .node("MatMul", "g", "X", "Wg").node("MatMul", "u", "Z", "Wu").silu("g", "a").node("Mul", "Y", "a", "u")
                .output("Y", 2, 16));
        assertEquals(Action.ACTIVATION, site.action());
        assertReason(site, "projections of different values, 'X' and 'Z'");
    }

    @Test
    void broadcastingUpIsLeft() {
        Site site = only(new ModelBuilder().input("X", 2, 8).weight("Wg", 8, 16).weight("Wu", 8, 1)
                .node("MatMul", "g", "X", "Wg").node("MatMul", "u", "X", "Wu").silu("g", "a").node("Mul", "Y", "a", "u")
                .output("Y", 2, 16));
        assertEquals(Action.LEFT, site.action());
        assertReason(site, "'Wu' [8, 1] differ in size");
        assertReason(site, "SwiGLU does not broadcast");
    }

    @Test
    void loraSumIsNotABias() {
        Site site = only(new ModelBuilder().input("X", 2, 8).weight("Wg", 8, 16).weight("Wu", 8, 16).weight("A", 8, 2)
                .weight("B", 2, 16).node("MatMul", "base", "X", "Wg").node("MatMul", "low", "X", "A")
                .node("MatMul", "lora", "low", "B").node("Add", "g", "base", "lora").node("MatMul", "u", "X", "Wu")
                .silu("g", "a").node("Mul", "Y", "a", "u").output("Y", 2, 16));
        assertEquals(Action.ACTIVATION, site.action());
        assertReason(site, "Add node 'node g' is not a MatMul or Gemm");
    }

    @Test
    void oneProductForGateAndUpIsComputedOnce() {
        Site site = only(ModelBuilder.projections().silu("g", "a").node("Mul", "Y", "a", "g").output("Y", 2, 16));
        assertEquals(List.of(Action.ACTIVATION, List.of("g", "g")), List.of(site.action(), site.inputs()));
    }

    @Test
    void weightsStoredDifferentlyAreNotFused() {
        Site site = only(new ModelBuilder().input("X", 2, 8).weight("Wg", 8, 16).weight("Wu", 16, 8)
                .node("Gemm", "g", "X", "Wg").node("Gemm", "u", List.of("X", "Wu"), Attributes.of("transB", 1))
                .silu("g", "a").node("Mul", "Y", "a", "u").output("Y", 2, 16));
        assertEquals(Action.ACTIVATION, site.action());
        assertReason(site, "'Wg' and 'Wu' is transposed and the other is not");
    }

    /** Operators that this ONNX Runtime does not have. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        SwiGLU        | 0.5 | X,Wg,Wu | Y = SwiGLU[alpha=0.5](g, u)
        SwiGLU        | 1   | X,Wg,Wu | Y = ms.SwiGLU(g, u)
        Swish         | 1   | X,Wg,Wu | Y = Mul(Swish(g), u)
        Swish         | 2   | X,Wg,Wu | Y = Mul(u, Swish[alpha=2.0](g))
        MulSigmoid    | 1   | X,Wg,Wu | Y = Mul(ai.onnx.contrib::MulSigmoid(g), u)
        MulMulSigmoid | 1   | X,Wu,Wg | Y = ai.onnx.contrib::MulMulSigmoid(g, u)
        """)
    void operatorsThatAreSiluOrSwiGlu(String form, float alpha, String inputs, String nodes) {
        Site site = only(ModelBuilder.projections().nodes(nodes).output("Y", 2, 16));
        assertEquals(List.of(Action.FUSED, "MatMul, " + form, "silu", alpha, List.of(inputs.split(","))),
                List.of(site.action(), site.form(), site.activation(), site.alpha(), site.inputs()));
    }

    /** Initializers that are inputs, too, may have other values in the next run. */
    @Test
    void overridableInitializersAreReadButNotRelied() {
        Site weights = only(ModelBuilder.swiglu().input("Wg", 8, 16));
        assertEquals(List.of(Action.FUSED, List.of("X", "Wg", "Wu")), List.of(weights.action(), weights.inputs()));
        Site alpha = only(scaledSilu(new ModelBuilder().scalar("alpha", 0.5f).input("alpha")));
        assertReason(alpha, "together compute none of the activations");
    }

    @Test
    void batchedWeightsAreNotFused() {
        Site site = only(new ModelBuilder().input("X", 3, 2, 8).weight("Wg", 3, 8, 16).weight("Wu", 3, 8, 16)
                .node("MatMul", "g", "X", "Wg").node("MatMul", "u", "X", "Wu").declare("g", 3, 2, 16).declare("u", 3, 2, 16)
                .silu("g", "a").node("Mul", "Y", "a", "u").output("Y", 3, 2, 16));
        assertEquals(Action.ACTIVATION, site.action());
        assertReason(site, "'Wg' of MatMul node 'node g' has shape [3, 8, 16]");
    }

    @Test
    void sitesInBodiesUseWeightsOfTheEnclosingGraph() {
        ModelBuilder whenTrue = new ModelBuilder().node("MatMul", "g", "X", "Wg").node("MatMul", "u", "X", "Wu").silu("g", "a")
                .node("Mul", "t", "a", "u").output("t", 2, 16);
        ModelBuilder whenFalse = new ModelBuilder().node("MatMul", "e", "X", "Wg").output("e", 2, 16);
        Site site = only(new ModelBuilder().input("X", 2, 8).flag("c").weight("Wg", 8, 16).weight("Wu", 8, 16)
                .branch("Y", "c", whenTrue, whenFalse).output("Y", 2, 16));
        assertEquals(List.of(Action.FUSED, "test/node Y.then_branch"), List.of(site.action(), site.graph()));
    }

    @Test
    void oneModelCarriesOnePortableBodyOfAnOperator() {
        ModelBuilder model = ModelBuilder.swiglu();
        for (String layer : List.of("1", "2")) {
            model.node("MatMul", "g" + layer, "X", "Wg").node("MatMul", "u" + layer, "X", "Wu")
                    .node("com.microsoft::QuickGelu", "a" + layer, "g" + layer).node("Mul", "Y" + layer, "a" + layer, "u" + layer)
                    .output("Y" + layer, 2, 16);
        }
        List<Site> sites = sites(model, Mode.AUTO);
        assertEquals(List.of(Action.ACTIVATION, Action.FUSED, Action.FUSED), sites.stream().map(Site::action).toList());
        assertReason(sites.get(0), "this site needs Y = silu(X W_gate) * (X W_up)");
    }

    @Test
    void modesLimitWhatIsTried() {
        assertEquals(Action.ACTIVATION, sites(ModelBuilder.swiglu(), Mode.ACTIVATION).get(0).action());
        ModelBuilder readElsewhere = ModelBuilder.swiglu().node("Neg", "Z", "g").output("Z", 2, 16);
        assertEquals(Action.LEFT, sites(readElsewhere, Mode.FUSED).get(0).action());
    }

    private static Site quickGelu(AttributeProto... attributes) {
        return only(ModelBuilder.projections().node("com.microsoft::QuickGelu", "a", List.of("g"), attributes)
                .node("Mul", "Y", "a", "u").output("Y", 2, 16));
    }

    private static List<Site> sites(ModelBuilder model, Mode mode) {
        return Rewriter.of(model.file(), mode).sites();
    }

    private static Site only(ModelBuilder model) {
        List<Site> sites = sites(model, Mode.AUTO);
        assertEquals(1, sites.size(), sites::toString);
        return sites.get(0);
    }

    private static void assertReason(Site site, String part) {
        assertTrue(site.reason().contains(part), site.reason());
    }
}
