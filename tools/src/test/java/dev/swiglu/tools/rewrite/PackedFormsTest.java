package dev.swiglu.tools.rewrite;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.swiglu.tools.ModelBuilder;
import dev.swiglu.tools.rewrite.rule.Action;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Gate and up out of one projection P = X·W, W[8, 32], of X[3, 2, 8]: cut in every way that exporters write. */
class PackedFormsTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        concat         | g u = Split[axis=-1](P); Y = Mul(Mul(g, Sigmoid(g)), u)
        concat         | g u = Split[axis=2](P, i16_16); Y = Mul(u, Mul(g, Sigmoid(g)))
        concat_swapped | u g = Split[axis=-1](P); Y = Mul(Mul(g, Sigmoid(g)), u)
        concat         | g = Slice(P, i0, i16, i2); u = Slice(P, i16, i99, im1); Y = Mul(Mul(g, Sigmoid(g)), u)
        concat_swapped | g = Slice(P, im16, i99, im1, i1); u = Slice(P, i0, im16, i2); Y = Mul(Mul(g, Sigmoid(g)), u)
        interleaved    | g = Slice(P, i0, i99, im1, i2); u = Slice(P, i1, i99, im1, i2); Y = Mul(Mul(g, Sigmoid(g)), u)
        interleaved    | R = Reshape(P, i0_0_16_2); g = Gather[axis=-1](R, 0i); u = Gather[axis=3](R, 1i); Y = Mul(Mul(g, Sigmoid(g)), u)
        concat         | R = Reshape(P, i3_m1_2_16); g = Gather[axis=-2](R, 0i); u = Gather[axis=2](R, 1i); Y = Mul(Mul(g, Sigmoid(g)), u)
        concat         | h = Div(Gather(Shape(P), im1), i2); e = Mul(h, i2); g = Slice(P, i0, h, im1); u = Slice(P, h, e, im1); \
        Y = Mul(Mul(g, Sigmoid(g)), u)
        concat         | g0 u0 = Split[axis=-1](P); g = Identity(g0); u = Identity(u0); Y = Mul(Mul(g, Sigmoid(g)), u)
        """)
    void becomeOneNode(String layout, String nodes) throws Exception {
        ModelBuilder model = packed().nodes(nodes).output("Y", 3, 2, 16);
        Rewriter rewriter = Rewriter.of(model.file(), Mode.AUTO);
        assertEquals(1, rewriter.sites().size(), rewriter.sites()::toString);
        Site site = rewriter.sites().get(0);
        assertEquals(List.of(Action.ACTIVATION, "SwiGLU", List.of("P"), 8L, 16L),
                List.of(site.action(), site.op(), site.inputs(), site.k(), site.n()), site::toString);
        assertEquals(true, site.form().contains(" " + layout + ","), site::form);
        ModelProto rewritten = rewriter.result("test").orElseThrow();
        PlainRuntime.assertSameOutputs(model.build(), rewritten);
        assertEquals(model.build(), Restoration.of(rewritten).orElseThrow().model());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        g,u      | g = Slice(P, i0, i16, i2); u = Slice(P, i0, i16, i2); Y = Mul(Mul(g, Sigmoid(g)), u) | not the two halves
        g,u      | g = Slice(P, i1, i99, im1, i2); u = Slice(P, i0, i99, im1, i2); Y = Mul(Mul(g, Sigmoid(g)), u) | at the odd places
        g,u      | g = Slice(P, i0, i8, i2); u = Slice(P, i8, i16, i2); Y = Mul(Mul(g, Sigmoid(g)), u) | not known to give one half
        g,u      | g u r = Split[axis=-1](P, i8_8_16); Y = Mul(Mul(g, Sigmoid(g)), u) | not known to give one half
        """)
    void otherPartsAreFusedAsTwo(String inputs, String nodes, String reason) throws Exception {
        ModelBuilder model = packed().nodes(nodes).output("Y", 3, 2, nodes.contains("i8") ? 8 : 16);
        Rewriter rewriter = Rewriter.of(model.file(), Mode.AUTO);
        Site site = rewriter.sites().get(0);
        assertEquals(List.of(Action.ACTIVATION, List.of(inputs.split(","))), List.of(site.action(), site.inputs()), site::toString);
        assertEquals(true, site.reason().contains(reason), site::reason);
        PlainRuntime.assertSameOutputs(model.build(), rewriter.result("test").orElseThrow());
    }

    private static ModelBuilder packed() {
        return new ModelBuilder().input("X", 3, 2, 8).weight("W", 8, 32).node("MatMul", "P", "X", "W")
                .integers("i0", 0).integers("i1", 1).integers("i2", 2).integers("i8", 8).integers("i16", 16).integers("i99", 99)
                .integers("im1", -1).integers("im16", -16).integers("i16_16", 16, 16).integers("i8_8_16", 8, 8, 16)
                .integers("i0_0_16_2", 0, 0, 16, 2).integers("i3_m1_2_16", 3, -1, 2, 16).integer("0i", 0).integer("1i", 1);
    }
}
