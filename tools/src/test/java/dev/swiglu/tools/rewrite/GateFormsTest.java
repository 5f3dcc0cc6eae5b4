package dev.swiglu.tools.rewrite;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import dev.swiglu.tools.ModelBuilder;
import dev.swiglu.tools.rewrite.rule.Action;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every way of spelling act(g)·u, with g and u projections of X, becomes one node, and that node computes the same. */
class GateFormsTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        silu       | Sigmoid*x          | Y = Mul(Mul(g, Sigmoid(g)), u)
        silu       | Sigmoid*x          | Y = Mul(u, Mul(Sigmoid(g), g))
        silu       | Sigmoid*x          | Y = Mul(Mul(g, u), Sigmoid(g))
        silu       | Sigmoid*x          | Y = Mul(g, Mul(Sigmoid(g), u))
        silu       | Sigmoid*x          | Y = Mul(Mul(u, Sigmoid(g)), g)
        silu       | Sigmoid*x          | i = Identity(g); Y = Mul(Mul(i, Sigmoid(Identity(i))), Identity(u))
        silu       | Exp                | Y = Mul(Div(g, Add(1, Exp(Neg(g)))), u)
        silu       | Exp                | Y = Div(Mul(g, u), Add(Exp(Mul(-1, g)), 1))
        silu       | Sigmoid(alpha*x)*x | Y = Mul(Mul(g, Sigmoid(Mul(g, 0.5))), u)
        silu       | QuickGelu          | Y = Mul(ms.QuickGelu[alpha=1.0](g), u)
        quick_gelu | QuickGelu          | Y = Mul(u, ms.QuickGelu(g))
        quick_gelu | Sigmoid(alpha*x)*x | Y = Mul(Mul(g, Sigmoid(Mul(1.702, g))), u)
        gelu       | ms.Gelu            | Y = Mul(ms.Gelu(g), u)
        gelu       | Erf                | Y = Mul(Mul(0.5, Mul(g, Add(1, Erf(Div(g, 1.4142135))))), u)
        gelu       | Erf                | Y = Mul(Mul(Mul(g, Add(Erf(Div(g, Sqrt(2))), 1)), 0.5), u)
        gelu       | Erf                | Y = Mul(u, Mul(g, Add(0.5, Mul(0.5, Erf(Mul(g, 0.70710678))))))
        gelu_tanh  | FastGelu           | Y = Mul(ms.FastGelu(g), u)
        gelu_tanh  | Tanh | t = Tanh(Mul(0.7978845608, Add(g, Mul(0.044715, Pow(g, 3))))); Y = Mul(Mul(Mul(0.5, g), Add(1, t)), u)
        gelu_tanh  | Tanh | t = Tanh(Mul(Mul(g, 0.7978845608), Add(1, Mul(Mul(g, 0.044715), g)))); Y = Mul(Mul(Mul(Add(t, 1), g), 0.5), u)
        relu       | Relu               | Y = Mul(Relu(g), u)
        relu       | Max                | Y = Mul(Max(g, 0), u)
        squared_relu | Relu             | r = Relu(g); Y = Mul(Mul(r, r), u)
        squared_relu | Relu             | Y = Mul(u, Pow(Relu(g), 2))
        mish       | Softplus+Tanh      | Y = Mul(Mul(g, Tanh(Softplus(g))), u)
        mish       | Exp+Tanh           | Y = Mul(Mul(g, Tanh(Log(Add(1, Exp(g))))), u)
        sigmoid    | Sigmoid            | Y = Mul(Sigmoid(g), u)
        sigmoid    | Exp                | Y = Mul(Reciprocal(Add(1, Exp(Neg(g)))), u)
        identity   | x                  | Y = Mul(g, u)
        """)
    void becomeOneNode(String activation, String form, String nodes) throws Exception {
        assertFused(ModelBuilder.projections(), activation, form, nodes);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        gelu       | Gelu | Y = Mul(Gelu(g), u)
        gelu_tanh  | Gelu | Y = Mul(Gelu[approximate=tanh](g), u)
        mish       | Mish | Y = Mul(Mish(g), u)
        """)
    void operatorsOfNewOpsets(String activation, String form, String nodes) throws Exception {
        assertFused(new ModelBuilder(TensorProto.DataType.FLOAT, 20).input("X", 2, 8).weight("Wg", 8, 16).weight("Wu", 8, 16)
                .node("MatMul", "g", "X", "Wg").node("MatMul", "u", "X", "Wu"), activation, form, nodes);
    }

    /** Elements 1, 10 and 11 are float32, float16 and float64: the gate is computed in a wider type, wholly or in part. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        silu | Cast+Sigmoid*x | Y = Mul(Mul(g, Cast[to=1](Sigmoid(Cast[to=11](g)))), u)
        silu | Cast+Sigmoid*x | c = Cast[to=11](g); Y = Cast[to=1](Mul(Mul(c, Sigmoid(c)), Cast[to=11](u)))
        silu | Cast+Sigmoid*x | c = Cast[to=11](g); Y = Mul(Cast[to=1](Mul(c, Sigmoid(c))), u)
        """)
    void castsAroundAreSeenThrough(String activation, String form, String nodes) throws Exception {
        assertFused(ModelBuilder.projections(), activation, form, nodes);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        silu      | silu   | Y = Mul(own.silu(g), u)
        silu      | swiglu | Y = own.swiglu(g, u)
        silu      | ofUp   | Y = own.ofUp(u, g)
        gelu_tanh | gelu   | Y = Mul(u, own.gelu(g))
        silu      | swish  | Y = Mul(own.swish[slope=0.5](g), u)
        """)
    void functionsOfTheModelAreReadAsTheirBodies(String activation, String form, String nodes) throws Exception {
        assertFused(ModelBuilder.projections().function("silu", List.of("x"), "y = Mul(x, Sigmoid(x))")
                .function("swiglu", List.of("gate", "up"), "y = Mul(up, own.silu(gate))")
                .function("ofUp", List.of("up", "gate"), "y = own.swiglu(gate, up)")
                .function("gelu", List.of("x"),
                        "t = Tanh(Mul(0.7978845608, Add(x, Mul(0.044715, Pow(x, 3))))); y = Mul(Mul(x, 0.5), Add(1, t))")
                .function("swish", List.of("x"), "slope", "y = Mul(x, Sigmoid(Mul(x, Constant[value_float=@slope]())))"),
                activation, form, nodes);
    }

    /** The form of gpt-oss, and forms that look like it: what is not exactly that is left in the graph, before the product. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        c = Clip(g,,1.5); k = Clip(u, -1.5, 1.5); Y = Mul(Add(k, 1), Mul(c, Sigmoid(Mul(c, 1.702))))    | g,u | FUSED
        c = Min(g, 1.5); k = Min(Max(u, -1.5), 1.5); Y = Mul(Mul(c, Sigmoid(c)), Add(1, k))            | g,u | FUSED
        k = Max(Min(u, 1.5), -1.5); c = Min(g, 1.5); Y = Mul(Mul(c, Sigmoid(c)), k)                    | g,u | FUSED
        Y = Mul(Mul(g, Sigmoid(g)), Add(u, 1))                                                          | g,u | FUSED
        c = Clip(g,,1.5); k = Clip(u, -1.25, 1.25); Y = Mul(Add(k, 1), Mul(c, Sigmoid(c)))              | c,k | ACTIVATION
        c = Clip(g, -1.5, 1.5); k = Clip(u, -1.5, 1.5); Y = Mul(Mul(c, Sigmoid(c)), k)                  | c,k | ACTIVATION
        c = Clip(g,,1.5); Y = Mul(Mul(c, Sigmoid(c)), u)                                                | c,u | ACTIVATION
        s = Add(g, 0.5); Y = Mul(Mul(s, Sigmoid(s)), s)                                                 | s,s | ACTIVATION
        c = Min(g, 1.5); k = Clip(u, -1.5, 1.5); Z = Neg(c); Y = Mul(Mul(c, Sigmoid(c)), k)             | c,k | ACTIVATION
        """)
    void clampsAndShifts(String nodes, String inputs, Action action) throws Exception {
        ModelBuilder model = ModelBuilder.projections().nodes(nodes).output("Y", 2, 16);
        if (nodes.contains("Z")) {
            model.output("Z", 2, 16);
        }
        Rewriter rewriter = Rewriter.of(model.file(), Mode.AUTO);
        assertEquals(List.of(action), rewriter.sites().stream().map(Site::action).toList(), rewriter.sites()::toString);
        assertEquals(action == Action.FUSED ? List.of("X", "Wg", "Wu") : List.of(inputs.split(",")), rewriter.sites().get(0).inputs());
        PlainRuntime.assertSameOutputs(model.build(), rewriter.result("test").orElseThrow());
    }

    private static void assertFused(ModelBuilder projections, String activation, String form, String nodes) throws Exception {
        ModelBuilder model = projections.nodes(nodes).output("Y", 2, 16);
        Rewriter rewriter = Rewriter.of(model.file(), Mode.AUTO);
        assertEquals(1, rewriter.sites().size(), rewriter.sites()::toString);
        Site site = rewriter.sites().get(0);
        assertEquals(List.of(Action.FUSED, activation, "MatMul, " + form.replace("ms.", "")),
                List.of(site.action(), site.activation(), site.form()), site::reason);
        assertEquals(List.of("X", "Wg", "Wu"), site.inputs());
        ModelProto rewritten = rewriter.result("test").orElseThrow();
        PlainRuntime.assertSameOutputs(model.build(), rewritten);
        assertEquals(model.build(), Restoration.of(rewritten).orElseThrow().model());
    }
}
