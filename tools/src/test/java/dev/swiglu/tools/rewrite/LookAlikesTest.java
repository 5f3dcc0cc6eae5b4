package dev.swiglu.tools.rewrite;

import static dev.swiglu.tools.ModelBuilder.ANY;
import static dev.swiglu.tools.ModelBuilder.projections;
import static dev.swiglu.tools.ModelBuilder.swiglu;
import static dev.swiglu.tools.rewrite.rule.Action.ACTIVATION;
import static dev.swiglu.tools.rewrite.rule.Action.FUSED;
import static dev.swiglu.tools.rewrite.rule.Action.LEFT;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import dev.swiglu.tools.ModelBuilder;
import dev.swiglu.tools.onnx.Attributes;
import dev.swiglu.tools.rewrite.rule.Action;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Graphs that look like a gated MLP and are not, or not one that can be taken whole. Whatever a rewrite does with one, no
 * output changes; and it does no more than the row allows, with a reason for whatever it leaves.
 */
class LookAlikesTest {
    private static final AttributeProto FLOAT = Attributes.of("to", TensorProto.DataType.FLOAT_VALUE);
    private static final AttributeProto HALF = Attributes.of("to", TensorProto.DataType.FLOAT16_VALUE);

    private record LookAlike(String what, Action atMost, ModelBuilder graph) {

        @Override
        public String toString() {
            return what;
        }
    }

    private static LookAlike row(String what, Action atMost, ModelBuilder graph) {
        return new LookAlike(what, atMost, graph);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource({"readElsewhere", "notOneInput", "notOneShape", "scaledProjections", "notABias", "otherFormulas", "otherConstants",
        "notHalves", "overridable", "bodies"})
    void staysTheSame(LookAlike lookAlike) {
        for (Site site : BeforeAndAfter.check(lookAlike.graph.build())) {
            boolean allowed = site.action() == LEFT || lookAlike.atMost == FUSED || site.action() == lookAlike.atMost;
            assertTrue(allowed, site::toString);
            assertEquals(site.action() == FUSED, site.reason() == null, site::toString);
        }
    }

    /** Fused, these values would be gone. */
    private static Stream<LookAlike> readElsewhere() {
        ModelBuilder inBody = new ModelBuilder().node("Neg", "e", "X").output("e", 2, 8);
        return Stream.of(
                row("gate read by another node", ACTIVATION, swiglu().node("Neg", "Z", "g").output("Z", 2, 16)),
                row("up read by another node", ACTIVATION, swiglu().node("Neg", "Z", "u").output("Z", 2, 16)),
                row("gate is an output", ACTIVATION, swiglu().output("g", 2, 16)),
                row("up is an output", ACTIVATION, swiglu().output("u", 2, 16)),
                row("product before its bias is an output", ACTIVATION, projections().weight("b", 16).node("Add", "gb", "g", "b")
                        .silu("gb", "a").node("Mul", "Y", "a", "u").output("Y", 2, 16).output("g", 2, 16)),
                row("sigmoid is an output", LEFT, swiglu().output("a_sigmoid", 2, 16)),
                row("sigmoid read by another node", LEFT, swiglu().node("Neg", "Z", "a_sigmoid").output("Z", 2, 16)),
                row("activated gate is an output", LEFT, swiglu().output("a", 2, 16)),
                row("activated gate read by another node", LEFT, swiglu().node("Neg", "Z", "a").output("Z", 2, 16)),
                row("activated gate read by two products", LEFT, swiglu().weight("Wv", 8, 16).node("MatMul", "v", "X", "Wv")
                        .node("Mul", "Z", "v", "a").output("Z", 2, 16)),
                row("gate projection read by two products", ACTIVATION, swiglu().weight("Wv", 8, 16)
                        .node("MatMul", "v", "X", "Wv").silu("g", "b").node("Mul", "Z", "v", "b").output("Z", 2, 16)),
                row("activated gate captured by a body", LEFT, swiglu().flag("c")
                        .branch("Z", "c", new ModelBuilder().node("Identity", "t", "a").output("t", 2, 16), inBody)
                        .output("Z", ANY, ANY)),
                row("gate captured by a body", ACTIVATION, swiglu().flag("c")
                        .branch("Z", "c", new ModelBuilder().node("Identity", "t", "g").output("t", 2, 16), inBody)
                        .output("Z", ANY, ANY)),
                row("gate captured two bodies deep", ACTIVATION, swiglu().flag("c").branch("Z", "c", new ModelBuilder()
                        .branch("t", "c", new ModelBuilder().node("Neg", "tt", "g").output("tt", 2, 16),
                                new ModelBuilder().node("Neg", "te", "u").output("te", 2, 16)).output("t", 2, 16), inBody)
                        .output("Z", ANY, ANY)),
                row("product squares the activated gate", LEFT, projections().silu("g", "a").node("Mul", "Y", "a", "a")
                        .output("Y", 2, 16)),
                row("up is the sigmoid of the gate", LEFT, projections().silu("g", "a").node("Mul", "Y", "a", "a_sigmoid")
                        .output("Y", 2, 16)),
                row("up is made of the activated gate", LEFT, projections().silu("g", "a").node("Neg", "n", "a")
                        .node("Mul", "Y", "a", "n").output("Y", 2, 16)),
                row("up is the gate", ACTIVATION, projections().silu("g", "a").node("Mul", "Y", "a", "g").output("Y", 2, 16)));
    }

    /** One X for both projections is the point of fusing them. */
    private static Stream<LookAlike> notOneInput() {
        return Stream.of(
                row("projections of two inputs", ACTIVATION, twoInputs(new ModelBuilder().input("X", 2, 8).input("Z", 2, 8))),
                row("projection of X and of -X", ACTIVATION,
                        twoInputs(new ModelBuilder().input("X", 2, 8).node("Neg", "Z", "X"))),
                row("projection of X and of a normalized X", ACTIVATION, twoInputs(new ModelBuilder().input("X", 2, 8)
                        .weight("scale", 8).node("LayerNormalization", "Z", "X", "scale"))),
                row("projection of X and of its transpose", ACTIVATION, new ModelBuilder().input("X", 8, 8).weight("Wg", 8, 16)
                        .weight("Wu", 8, 16).node("Transpose", "Z", "X").node("MatMul", "g", "X", "Wg")
                        .node("MatMul", "u", "Z", "Wu").silu("g", "a").node("Mul", "Y", "a", "u").output("Y", 8, 16)),
                row("X reshaped in two ways", ACTIVATION, new ModelBuilder().input("X", 8, 2, 8).weight("Wg", 8, 16)
                        .weight("Wu", 8, 16).integers("rows", 16, 8).node("Transpose", "T", List.of("X"), perm(1, 0, 2))
                        .node("Reshape", "Xg", "X", "rows").node("Reshape", "Xu", "T", "rows").node("MatMul", "g", "Xg", "Wg")
                        .node("MatMul", "u", "Xu", "Wu").silu("g", "a").node("Mul", "Y", "a", "u").output("Y", 16, 16)),
                row("X rounded to float16 for up alone", ACTIVATION, twoInputs(new ModelBuilder().input("X", 2, 8)
                        .node("Cast", "half", List.of("X"), HALF).node("Cast", "Z", List.of("half"), FLOAT))),
                row("sigmoid of another projection", FUSED, projections().weight("Wh", 8, 16).node("MatMul", "h", "X", "Wh")
                        .node("Sigmoid", "s", "h").node("Mul", "a", "g", "s").node("Mul", "Y", "a", "u").output("Y", 2, 16)),
                row("sigmoid gate on another input", LEFT, projections().input("Z", 2, 16).node("Sigmoid", "s", "g")
                        .node("Mul", "Y", "s", "Z").output("Y", 2, 16)),
                row("shared expert: sigmoid of one column", LEFT, new ModelBuilder().input("X", 2, 8).weight("Wg", 8, 1)
                        .weight("Wu", 8, 16).node("MatMul", "g", "X", "Wg").node("MatMul", "u", "X", "Wu")
                        .node("Sigmoid", "s", "g").node("Mul", "Y", "s", "u").output("Y", 2, 16)));
    }

    private static ModelBuilder twoInputs(ModelBuilder ofXandZ) {
        return ofXandZ.weight("Wg", 8, 16).weight("Wu", 8, 16).node("MatMul", "g", "X", "Wg").node("MatMul", "u", "Z", "Wu")
                .silu("g", "a").node("Mul", "Y", "a", "u").output("Y", 2, 16);
    }

    /** The operators do not broadcast. */
    private static Stream<LookAlike> notOneShape() {
        return Stream.of(
                row("up has one column", LEFT, shapes(new ModelBuilder().input("X", 2, 8).weight("Wg", 8, 16).weight("Wu", 8, 1))),
                row("gate has one column", LEFT,
                        shapes(new ModelBuilder().input("X", 2, 8).weight("Wg", 8, 1).weight("Wu", 8, 16))),
                row("up is a constant row", LEFT, projections().weight("v", 16).silu("g", "a").node("Mul", "Y", "a", "v")
                        .output("Y", 2, 16)),
                row("up is a scalar", LEFT, projections().scalar("v", 3).silu("g", "a").node("Mul", "Y", "a", "v")
                        .output("Y", 2, 16)),
                row("up has more dimensions", LEFT, projections().input("v", 3, 1, 16).silu("g", "a").node("Mul", "Y", "a", "v")
                        .output("Y", 3, 2, 16)),
                row("up is one row of another input", LEFT, new ModelBuilder().input("X", ANY, 8).input("Z", 1, 8)
                        .weight("Wg", 8, 16).weight("Wu", 8, 16).node("MatMul", "g", "X", "Wg").node("MatMul", "u", "Z", "Wu")
                        .silu("g", "a").node("Mul", "Y", "a", "u").output("Y", ANY, 16)),
                row("batched weights", ACTIVATION,
                        shapes(new ModelBuilder().input("X", 3, 2, 8).weight("Wg", 3, 8, 16).weight("Wu", 3, 8, 16))),
                row("batched weights for an X without a batch", ACTIVATION,
                        shapes(new ModelBuilder().input("X", 2, 8).weight("Wg", 3, 8, 16).weight("Wu", 3, 8, 16))),
                row("one batch of weights", ACTIVATION,
                        shapes(new ModelBuilder().input("X", 2, 8).weight("Wg", 1, 8, 16).weight("Wu", 8, 16))),
                row("weights are vectors", ACTIVATION,
                        shapes(new ModelBuilder().input("X", 2, 8).weight("Wg", 8).weight("Wu", 8))),
                row("X is a vector", FUSED, shapes(new ModelBuilder().input("X", 8).weight("Wg", 8, 16).weight("Wu", 8, 16))),
                row("X has four dimensions", FUSED,
                        shapes(new ModelBuilder().input("X", 2, 3, 1, 8).weight("Wg", 8, 16).weight("Wu", 8, 16))),
                row("X has no rows", FUSED, shapes(new ModelBuilder().input("X", 0, 8).weight("Wg", 8, 16).weight("Wu", 8, 16))),
                row("weight on the left", ACTIVATION, new ModelBuilder().input("X", 8, 2).weight("Wg", 16, 8).weight("Wu", 16, 8)
                        .node("MatMul", "g", "Wg", "X").node("MatMul", "u", "Wu", "X").silu("g", "a")
                        .node("Mul", "Y", "a", "u").output("Y", 16, 2)));
    }

    private static ModelBuilder shapes(ModelBuilder ofXandWeights) {
        return ofXandWeights.node("MatMul", "g", "X", "Wg").node("MatMul", "u", "X", "Wu").silu("g", "a")
                .node("Mul", "Y", "a", "u").node("Identity", "out", "Y").output("out");
    }

    private static Stream<LookAlike> scaledProjections() {
        AttributeProto transA = Attributes.of("transA", 1);
        return Stream.of(
                row("Gemm with alpha", ACTIVATION, gemm(Attributes.of("alpha", 0.5f))),
                row("Gemm with beta", ACTIVATION, gemm(Attributes.of("beta", 2f))),
                row("Gemm whose beta drops the bias", ACTIVATION, gemm(Attributes.of("beta", 0f))),
                row("Gemm with transA", ACTIVATION, new ModelBuilder().input("X", 8, 2).weight("Wg", 8, 16).weight("Wu", 8, 16)
                        .node("Gemm", "g", List.of("X", "Wg"), transA).node("Gemm", "u", List.of("X", "Wu"), transA)
                        .silu("g", "a").node("Mul", "Y", "a", "u").output("Y", 2, 16)),
                row("FusedMatMul with alpha", ACTIVATION, fusedMatMul(Attributes.of("alpha", 0.5f))),
                row("FusedMatMul with transA", ACTIVATION, new ModelBuilder().input("X", 8, 2).weight("Wg", 8, 16)
                        .weight("Wu", 8, 16).node("com.microsoft::FusedMatMul", "g", List.of("X", "Wg"), transA)
                        .node("com.microsoft::FusedMatMul", "u", List.of("X", "Wu"), transA).silu("g", "a")
                        .node("Mul", "Y", "a", "u").output("Y", 2, 16)),
                row("one weight transposed", ACTIVATION, new ModelBuilder().input("X", 2, 8).weight("Wg", 8, 16).weight("Wu", 16, 8)
                        .node("MatMul", "g", "X", "Wg").node("Gemm", "u", List.of("X", "Wu"), Attributes.of("transB", 1))
                        .silu("g", "a").node("Mul", "Y", "a", "u").output("Y", 2, 16)),
                row("square weights, one transposed twice", FUSED, new ModelBuilder().input("X", 2, 8).weight("Wg", 8, 8)
                        .weight("Wu", 8, 8).node("Transpose", "t", "Wg")
                        .node("Gemm", "g", List.of("X", "t"), Attributes.of("transB", 1)).node("MatMul", "u", "X", "Wu")
                        .silu("g", "a").node("Mul", "Y", "a", "u").output("Y", 2, 8)),
                row("weight computed from another", ACTIVATION, new ModelBuilder().input("X", 2, 8).weight("Wg", 8, 16)
                        .scalar("two", 2).node("Mul", "Wu", "Wg", "two").node("MatMul", "g", "X", "Wg")
                        .node("MatMul", "u", "X", "Wu").silu("g", "a").node("Mul", "Y", "a", "u").output("Y", 2, 16)),
                row("gate scaled before its activation", ACTIVATION, projections().scalar("half", 0.5f)
                        .node("Mul", "h", "g", "half").silu("h", "a").node("Mul", "Y", "a", "u").output("Y", 2, 16)),
                row("up scaled", ACTIVATION, projections().scalar("half", 0.5f).node("Mul", "h", "u", "half").silu("g", "a")
                        .node("Mul", "Y", "a", "h").output("Y", 2, 16)),
                row("activated gate scaled", LEFT, projections().scalar("half", 0.5f).silu("g", "a").node("Mul", "h", "a", "half")
                        .node("Mul", "Y", "h", "u").output("Y", 2, 16)),
                row("LoRA on the gate", ACTIVATION, projections().weight("A", 8, 2).weight("B", 2, 16).node("MatMul", "low", "X", "A")
                        .node("MatMul", "lora", "low", "B").node("Add", "adapted", "g", "lora").silu("adapted", "a")
                        .node("Mul", "Y", "a", "u").output("Y", 2, 16)));
    }

    private static ModelBuilder gemm(AttributeProto scale) {
        return new ModelBuilder().input("X", 2, 8).weight("Wg", 8, 16).weight("Wu", 8, 16).weight("b", 16)
                .node("Gemm", "g", List.of("X", "Wg", "b"), scale).node("Gemm", "u", List.of("X", "Wu", "b"))
                .silu("g", "a").node("Mul", "Y", "a", "u").output("Y", 2, 16);
    }

    private static ModelBuilder fusedMatMul(AttributeProto scale) {
        return new ModelBuilder().input("X", 2, 8).weight("Wg", 8, 16).weight("Wu", 8, 16)
                .node("com.microsoft::FusedMatMul", "g", List.of("X", "Wg"), scale).node("MatMul", "u", "X", "Wu")
                .silu("g", "a").node("Mul", "Y", "a", "u").output("Y", 2, 16);
    }

    /** A bias is one number a column. */
    private static Stream<LookAlike> notABias() {
        return Stream.of(
                row("added matrix", ACTIVATION, added(projections().weight("b", 2, 16))),
                row("added column", ACTIVATION, added(projections().weight("b", 2, 1))),
                row("added scalar", ACTIVATION, added(projections().scalar("b", 1))),
                row("added vector of one", ACTIVATION, added(projections().weight("b", 1))),
                row("added tensor of three dimensions", ACTIVATION, projections().weight("b", 1, 1, 16).node("Add", "gb", "g", "b")
                        .silu("gb", "a").node("Mul", "Y", "a", "u").output("Y", 1, 2, 16)),
                row("added row that is computed", ACTIVATION, added(projections().weight("c", 16).node("Neg", "b", "c"))),
                row("two biases", ACTIVATION, projections().weight("c", 16).weight("b", 16).node("Add", "gc", "g", "c")
                        .node("Add", "gb", "gc", "b").silu("gb", "a").node("Mul", "Y", "a", "u").output("Y", 2, 16)),
                row("Gemm with a bias, and another behind it", ACTIVATION, added(new ModelBuilder().input("X", 2, 8)
                        .weight("Wg", 8, 16).weight("Wu", 8, 16).weight("c", 16).weight("b", 16)
                        .node("Gemm", "g", "X", "Wg", "c").node("MatMul", "u", "X", "Wu"))),
                row("Gemm with a matrix for a bias", ACTIVATION, gemmWithBias(new ModelBuilder().weight("b", 2, 16))),
                row("Gemm with a column for a bias", ACTIVATION, gemmWithBias(new ModelBuilder().weight("b", 2, 1))),
                row("Gemm with a vector of one for a bias", ACTIVATION, gemmWithBias(new ModelBuilder().weight("b", 1))),
                row("Gemm with a scalar for a bias", ACTIVATION, gemmWithBias(new ModelBuilder().scalar("b", 1))),
                row("bias subtracted", ACTIVATION, projections().weight("b", 16).node("Sub", "gb", "g", "b").silu("gb", "a")
                        .node("Mul", "Y", "a", "u").output("Y", 2, 16)));
    }

    private static ModelBuilder added(ModelBuilder withB) {
        return withB.node("Add", "gb", "g", "b").silu("gb", "a").node("Mul", "Y", "a", "u").output("Y", 2, 16);
    }

    private static ModelBuilder gemmWithBias(ModelBuilder withB) {
        return withB.input("X", 2, 8).weight("Wg", 8, 16).weight("Wu", 8, 16).node("Gemm", "g", "X", "Wg", "b")
                .node("MatMul", "u", "X", "Wu").silu("g", "a").node("Mul", "Y", "a", "u").output("Y", 2, 16);
    }

    private static Stream<LookAlike> otherFormulas() {
        return Stream.of(
                row("sum instead of product", LEFT, projections().silu("g", "a").node("Add", "Y", "a", "u").output("Y", 2, 16)),
                row("quotient instead of product", LEFT, projections().silu("g", "a").node("Div", "Y", "u", "a")
                        .output("Y", 2, 16)),
                row("maximum instead of product", LEFT, projections().silu("g", "a").node("Max", "Y", "u", "a")
                        .output("Y", 2, 16)),
                row("gpt-oss: shifted up", ACTIVATION, projections().scalar("one", 1).node("Add", "shifted", "u", "one")
                        .silu("g", "a").node("Mul", "Y", "a", "shifted").output("Y", 2, 16)),
                row("gpt-oss: clamped gate and up", ACTIVATION, projections().scalar("low", -1).scalar("high", 1)
                        .node("Clip", "gc", "g", "", "high").node("Clip", "uc", "u", "low", "high").silu("gc", "a")
                        .node("Mul", "Y", "a", "uc").output("Y", 2, 16)),
                row("activated gate clamped", LEFT, projections().scalar("high", 1).silu("g", "a").node("Clip", "c", "a", "", "high")
                        .node("Mul", "Y", "c", "u").output("Y", 2, 16)),
                row("sigmoid clamped", LEFT, projections().scalar("high", 0.75f).node("Sigmoid", "s", "g")
                        .node("Clip", "c", "s", "", "high").node("Mul", "a", "g", "c").node("Mul", "Y", "a", "u")
                        .output("Y", 2, 16)),
                row("activated gate shifted", LEFT, projections().scalar("one", 1).silu("g", "a").node("Add", "b", "a", "one")
                        .node("Mul", "Y", "b", "u").output("Y", 2, 16)),
                row("sigmoid of -g, which is Swish of slope -1", FUSED, projections().node("Neg", "n", "g").node("Sigmoid", "s", "n").node("Mul", "a", "g", "s")
                        .node("Mul", "Y", "a", "u").output("Y", 2, 16)),
                row("tanh gate", LEFT, gatedBy("Tanh")), row("softplus gate", LEFT, gatedBy("Softplus")),
                row("softmax gate", LEFT, gatedBy("Softmax")), row("ELU gate", LEFT, gatedBy("Elu")),
                row("leaky ReLU gate", LEFT, gatedBy("LeakyRelu")), row("hard sigmoid gate", LEFT, gatedBy("HardSigmoid")),
                row("hard Swish gate", LEFT, gatedBy("HardSwish")), row("SELU gate", LEFT, gatedBy("Selu")),
                row("ReLU6 gate", LEFT, projections().scalar("zero", 0).scalar("six", 1).node("Clip", "a", "g", "zero", "six")
                        .node("Mul", "Y", "a", "u").output("Y", 2, 16)),
                row("cubed ReLU gate", LEFT, projections().scalar("three", 3).node("Relu", "r", "g").node("Pow", "a", "r", "three")
                        .node("Mul", "Y", "a", "u").output("Y", 2, 16)),
                row("squared gate without ReLU", LEFT, projections().scalar("two", 2).node("Pow", "a", "g", "two")
                        .node("Mul", "Y", "a", "u").output("Y", 2, 16)),
                row("ReLU of gate times ReLU of another", FUSED, projections().weight("Wh", 8, 16).node("MatMul", "h", "X", "Wh")
                        .node("Relu", "r", "g").node("Relu", "q", "h").node("Mul", "a", "r", "q").node("Mul", "Y", "a", "u")
                        .output("Y", 2, 16)),
                row("tanh of softplus of another", LEFT, projections().weight("Wh", 8, 16).node("MatMul", "h", "X", "Wh")
                        .node("Softplus", "p", "h").node("Tanh", "t", "p").node("Mul", "a", "g", "t").node("Mul", "Y", "a", "u")
                        .output("Y", 2, 16)),
                row("sigmoid rounded to float16", LEFT, projections().node("Sigmoid", "s", "g").node("Cast", "h", List.of("s"), HALF)
                        .node("Cast", "f", List.of("h"), FLOAT).node("Mul", "a", "g", "f").node("Mul", "Y", "a", "u")
                        .output("Y", 2, 16)),
                row("sigmoid of the gate rounded to float16", LEFT, projections().node("Cast", "h", List.of("g"), HALF)
                        .node("Cast", "f", List.of("h"), FLOAT).node("Sigmoid", "s", "f").node("Mul", "a", "g", "s")
                        .node("Mul", "Y", "a", "u").output("Y", 2, 16)),
                row("gate rounded to float16", ACTIVATION, projections().node("Cast", "h", List.of("g"), HALF)
                        .node("Cast", "f", List.of("h"), FLOAT).silu("f", "a").node("Mul", "Y", "a", "u").output("Y", 2, 16)),
                row("sigmoid of sigmoid", LEFT, projections().node("Sigmoid", "r", "g").node("Sigmoid", "s", "r")
                        .node("Mul", "a", "g", "s").node("Mul", "Y", "a", "u").output("Y", 2, 16)));
    }

    private static ModelBuilder gatedBy(String op) {
        return projections().node(op, "a", "g").node("Mul", "Y", "a", "u").output("Y", 2, 16);
    }

    /** One number is off. */
    private static Stream<LookAlike> otherConstants() {
        return Stream.of(
                row("alpha a row", LEFT, alpha(new ModelBuilder().weight("alpha", 16))),
                row("alpha with more dimensions than the gate", LEFT, alpha(new ModelBuilder().weight("alpha", 1, 1, 1))),
                row("alpha another value of the graph", LEFT, alpha(new ModelBuilder().input("alpha", 1))),
                row("tanh GELU: 0.7 for √(2/π)", LEFT, tanhGelu(0.5f, 1, 0.7f, 0.044715f, 3)),
                row("tanh GELU: 0.05 for 0.044715", LEFT, tanhGelu(0.5f, 1, 0.79788456f, 0.05f, 3)),
                row("tanh GELU: the square", LEFT, tanhGelu(0.5f, 1, 0.79788456f, 0.044715f, 2)),
                row("tanh GELU: twice as much", LEFT, tanhGelu(1, 1, 0.79788456f, 0.044715f, 3)),
                row("tanh GELU: 0.9 + tanh", LEFT, tanhGelu(0.5f, 0.9f, 0.79788456f, 0.044715f, 3)),
                row("exact GELU: / 1.5 for √2", LEFT, erfGelu(1.5f, 1, 0.5f)),
                row("exact GELU: 2 + erf", LEFT, erfGelu(1.4142135f, 2, 0.5f)),
                row("exact GELU: not halved", LEFT, erfGelu(1.4142135f, 1, 1)),
                row("SiLU as a quotient: 2 + exp(-g)", LEFT, projections().scalar("two", 2).node("Neg", "n", "g")
                        .node("Exp", "e", "n").node("Add", "d", "e", "two").node("Div", "a", "g", "d").node("Mul", "Y", "a", "u")
                        .output("Y", 2, 16)));
    }

    private static ModelBuilder alpha(ModelBuilder withAlpha) {
        return withAlpha.input("X", 2, 8).weight("Wg", 8, 16).weight("Wu", 8, 16).node("MatMul", "g", "X", "Wg")
                .node("MatMul", "u", "X", "Wu").node("Mul", "scaled", "alpha", "g").node("Sigmoid", "s", "scaled")
                .node("Mul", "a", "g", "s").node("Mul", "Y", "a", "u").node("Identity", "out", "Y").output("out");
    }

    /** half · g · (one + tanh(slope · (g + cubic · g^power))) ⊙ u */
    private static ModelBuilder tanhGelu(float half, float one, float slope, float cubic, float power) {
        return projections().scalar("half", half).scalar("one", one).scalar("slope", slope).scalar("cubic", cubic)
                .scalar("power", power).node("Pow", "p", "g", "power").node("Mul", "c", "p", "cubic").node("Add", "i", "g", "c")
                .node("Mul", "s", "i", "slope").node("Tanh", "t", "s").node("Add", "o", "t", "one").node("Mul", "m", "g", "o")
                .node("Mul", "a", "m", "half").node("Mul", "Y", "a", "u").output("Y", 2, 16);
    }

    /** half · g · (one + erf(g / root)) ⊙ u */
    private static ModelBuilder erfGelu(float root, float one, float half) {
        return projections().scalar("root", root).scalar("one", one).scalar("half", half).node("Div", "d", "g", "root")
                .node("Erf", "e", "d").node("Add", "o", "e", "one").node("Mul", "m", "g", "o").node("Mul", "a", "m", "half")
                .node("Mul", "Y", "a", "u").output("Y", 2, 16);
    }

    /** Parts of one projection that are not its two halves of columns. */
    private static Stream<LookAlike> notHalves() {
        AttributeProto last = Attributes.of("axis", -1);
        return Stream.of(
                row("two of three parts", ACTIVATION, packed(48).integers("sizes", 16, 16, 16)
                        .node("Split", List.of("g", "u", "rest"), List.of("p", "sizes"), last).silu("g", "a")
                        .node("Mul", "Y", "a", "u").output("Y", 4, 16).output("rest", 4, 16)),
                row("halves of the rows", ACTIVATION, packed(32).integers("sizes", 2, 2)
                        .node("Split", List.of("g", "u"), List.of("p", "sizes"), Attributes.of("axis", 0)).silu("g", "a")
                        .node("Mul", "Y", "a", "u").output("Y", 2, 32)),
                row("unequal parts that broadcast", LEFT, packed(17).integers("sizes", 16, 1)
                        .node("Split", List.of("g", "u"), List.of("p", "sizes"), last).silu("g", "a")
                        .node("Mul", "Y", "a", "u").output("Y", 4, 16)),
                row("overlapping slices", ACTIVATION, sliced(packed(32), 0, 16, 1, 8, 24, 1)),
                row("slices that leave a gap", ACTIVATION, sliced(packed(40), 0, 16, 1, 24, 40, 1)),
                row("slices of the first half twice", ACTIVATION, sliced(packed(32), 0, 16, 1, 0, 16, 1)),
                row("second half backwards", ACTIVATION, sliced(packed(32), 0, 16, 1, -1, -17, -1)),
                row("every third column", ACTIVATION, sliced(packed(48), 0, 48, 3, 1, 48, 3)),
                row("slice bounds that are inputs", ACTIVATION, packed(32).indices("start", 1).integers("16", 16)
                        .integers("32", 32).integers("last", 1).node("Slice", "g", "p", "start", "16", "last")
                        .node("Slice", "u", "p", "16", "32", "last").silu("g", "a").node("Mul", "Y", "a", "u").output("Y", 4, 16)),
                row("packed projection is an output", ACTIVATION, sliced(packed(32), 0, 16, 1, 16, 32, 1).output("p", 4, 32)),
                row("halves of two projections", ACTIVATION, packed(32).weight("W2", 8, 32).integers("0", 0).integers("16", 16)
                        .integers("32", 32).integers("last", 1).node("MatMul", "q", "X", "W2")
                        .node("Slice", "g", "p", "0", "16", "last").node("Slice", "u", "q", "16", "32", "last").silu("g", "a")
                        .node("Mul", "Y", "a", "u").output("Y", 4, 16)));
    }

    /** p = X·W of four rows. */
    private static ModelBuilder packed(int columns) {
        return new ModelBuilder().input("X", 4, 8).weight("W", 8, columns).node("MatMul", "p", "X", "W");
    }

    private static ModelBuilder sliced(ModelBuilder packed, long from, long to, long step, long upFrom, long upTo, long upStep) {
        return packed.integers("from", from).integers("to", to).integers("step", step).integers("upFrom", upFrom)
                .integers("upTo", upTo).integers("upStep", upStep).integers("last", 1)
                .node("Slice", "g", "p", "from", "to", "last", "step").node("Slice", "u", "p", "upFrom", "upTo", "last", "upStep")
                .silu("g", "a").node("Mul", "Y", "a", "u").output("Y", 4, 16);
    }

    /** An initializer that is a graph input, too, is only a default. */
    private static Stream<LookAlike> overridable() {
        return Stream.of(
                row("overridable weights", FUSED, new ModelBuilder().input("X", 2, 8).input("Wg", 8, 16).weight("Wg", 8, 16)
                        .weight("Wu", 8, 16).node("MatMul", "g", "X", "Wg").node("MatMul", "u", "X", "Wu").silu("g", "a")
                        .node("Mul", "Y", "a", "u").output("Y", 2, 16)),
                row("overridable bias", FUSED, added(projections().input("b", 16).weight("b", 16))),
                row("overridable alpha", LEFT, alpha(new ModelBuilder().input("alpha").scalar("alpha", 1))),
                row("overridable 0.5 of a GELU", LEFT, erfGelu(1.4142135f, 1, 0.5f).input("half")),
                row("overridable exponent of a GELU", LEFT, tanhGelu(0.5f, 1, 0.79788456f, 0.044715f, 3).input("power")),
                row("weight that is an input", FUSED, new ModelBuilder().input("X", 2, 8).input("Wg", 8, 16).weight("Wu", 8, 16)
                        .node("MatMul", "g", "X", "Wg").node("MatMul", "u", "X", "Wu").silu("g", "a")
                        .node("Mul", "Y", "a", "u").output("Y", 2, 16)));
    }

    private static Stream<LookAlike> bodies() {
        ModelBuilder plain = new ModelBuilder().node("MatMul", "e", "X", "Wg").output("e", 2, 16);
        return Stream.of(
                row("gate projected outside, multiplied in a body", ACTIVATION, projections().flag("c").branch("Y", "c",
                        new ModelBuilder().silu("g", "a").node("Mul", "t", "a", "u").output("t", 2, 16), plain)
                        .output("Y", 2, 16)),
                row("gate activated outside, multiplied in a body", LEFT, projections().silu("g", "a").flag("c").branch("Y", "c",
                        new ModelBuilder().node("Mul", "t", "a", "u").output("t", 2, 16), plain).output("Y", 2, 16)),
                row("sigmoid outside, the rest in a body", LEFT, projections().node("Sigmoid", "s", "g").flag("c").branch("Y", "c",
                        new ModelBuilder().node("Mul", "a", "g", "s").node("Mul", "t", "a", "u").output("t", 2, 16), plain)
                        .output("Y", 2, 16)),
                row("up projected outside, gate in a body", ACTIVATION, new ModelBuilder().input("X", 2, 8).weight("Wg", 8, 16)
                        .weight("Wu", 8, 16).node("MatMul", "u", "X", "Wu").flag("c").branch("Y", "c", new ModelBuilder()
                                .node("MatMul", "g", "X", "Wg").silu("g", "a").node("Mul", "t", "a", "u").output("t", 2, 16), plain)
                        .output("Y", 2, 16)),
                row("one gate for two branches", ACTIVATION, projections().flag("c").branch("Y", "c",
                        new ModelBuilder().silu("g", "a").node("Mul", "t", "a", "u").output("t", 2, 16),
                        new ModelBuilder().silu("g", "b").node("Mul", "e", "u", "b").output("e", 2, 16)).output("Y", 2, 16)));
    }

    private static AttributeProto perm(long... axes) {
        return Attributes.of("perm", Arrays.stream(axes).boxed().toList());
    }
}
