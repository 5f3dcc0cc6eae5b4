package dev.swiglu.tools.rewrite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.swiglu.tools.ModelBuilder;
import dev.swiglu.tools.rewrite.rule.Action;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every way of spelling X·W + b, for gate and up: X[3, 8] or Z[3, 2, 8], W[8, 16] or its transpose V[16, 8], b[16]. */
class ProjectionFormsTest {
    private static final String GATE = "; Y = Mul(Mul(g, Sigmoid(g)), u)";

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        X,Wg,Wu         | g = MatMul(X, Wg); u = MatMul(X, Wu)
        Z,Wg,Wu         | g = MatMul(Z, Wg); u = MatMul(Z, Wu)
        Z,Wg,Wu,bg,bu   | g = Add(bg, MatMul(Z, Wg)); u = Add(MatMul(Z, Wu), bu)
        Z,Wg,Wu,'',bu   | g = MatMul(Z, Wg); u = Add(MatMul(Z, Wu), bu)
        Z,Vg,Vu         | g = MatMul(Z, Transpose[perm=1:0](Vg)); u = MatMul(Z, Transpose(Vu))
        Z,Wg,Wu         | g = MatMul(Z, Transpose(Transpose(Wg))); u = MatMul(Z, Wu)
        Z,Vg,Vu         | T = Identity(Z); g = MatMul(T, Transpose(Identity(Vg))); u = MatMul(Identity(T), Identity(Transpose(Vu)))
        X,Wg,Wu         | g = Gemm(X, Wg); u = Gemm(X, Wu)
        X,Vg,Vu,bg,bu   | g = Gemm[transB=1](X, Vg, bg); u = Gemm[transB=1](X, Vu, bu)
        X,Vg,Vu         | g = Gemm[transB=1](X, Vg); u = MatMul(X, Transpose(Vu))
        X,Wg,Wu,bg      | g = Gemm[beta=1.0,alpha=1.0](X, Wg, bg); u = Gemm[beta=0.5](X, Wu)
        X,Wg,Wu         | g = Gemm[transB=1](X, Transpose(Wg)); u = Gemm(X, Wu)
        Z,Vg,Vu         | g = ms.FusedMatMul[transB=1](Z, Vg); u = ms.FusedMatMul[transB=1,alpha=1.0](Z, Vu)
        Z,Wg,Wu         | g = Reshape(MatMul(Reshape(Z, rows), Wg), back); u = Reshape(MatMul(Reshape(Z, rows), Wu), back)
        Z,Wg,Wu,bg,bu   | R = Reshape(Z, rows); g = Reshape(Gemm(R, Wg, bg), back); u = Reshape(Gemm(R, Wu, bu), back)
        Z,Wg,Wu,bg,bu   | R = Reshape(Z, rows); g = Add(Reshape(Gemm(R, Wg), back), bg); u = Add(Reshape(Gemm(R, Wu), back), bu)
        """)
    void areFused(String inputs, String nodes) throws Exception {
        Site site = rewritten(nodes + GATE);
        assertEquals(List.of(Action.FUSED, List.of(inputs.replace("'", "").split(",")), 8L, 16L),
                List.of(site.action(), site.inputs(), site.k(), site.n()), site::toString);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        g = Gemm[alpha=0.5](X, Wg); u = Gemm(X, Wu)                              | Gemm node 'node g' has alpha, beta or transA
        g = Gemm(X, Wg); u = Gemm[beta=0.5](X, Wu, bu)                           | Gemm node 'node u' has alpha, beta or transA
        g = Gemm(X, Wg, row); u = Gemm(X, Wu, bu)                                | The bias 'row' of Gemm node 'node g' is float32[1, 16]
        g = Add(Gemm(X, Wg, bg), bu); u = Gemm(X, Wu, bu)                        | adds a bias, and so does the Add behind it
        g = ms.FusedMatMul[alpha=0.5](X, Wg); u = MatMul(X, Wu)                  | scales or transposes more than W
        g = MatMul(X, Wg); u = Gemm[transB=1](X, Vu)                             | is transposed and the other is not
        g = MatMul(X, Relu(Wg)); u = MatMul(X, Wu)                               | is computed by Relu node 'node v1'
        g = Add(MatMul(X, Wg), MatMul(MatMul(X, A), B)); u = MatMul(X, Wu)       | Add node 'node g' is not a MatMul or Gemm
        g = Add(MatMul(X, Wg), column); u = MatMul(X, Wu)                        | Add node 'node g' is not a MatMul or Gemm
        g = MatMul(X, Wg); u = MatMul(Neg(X), Wu)                                | projections of different values, 'X' and 'v1'
        g = Reshape(MatMul(Reshape(Z, rows), Wg), flat); u = Reshape(MatMul(Reshape(Z, rows), Wu), flat) | changes the shape
        """)
    void areLeftWithAReason(String nodes, String reason) throws Exception {
        Site site = rewritten(nodes + GATE);
        assertEquals(List.of(Action.ACTIVATION, List.of("g", "u")), List.of(site.action(), site.inputs()), site::toString);
        assertTrue(site.reason().contains(reason), site.reason());
    }

    private static Site rewritten(String nodes) throws Exception {
        ModelBuilder model = new ModelBuilder().input("X", 3, 8).input("Z", 3, 2, 8).weight("Wg", 8, 16).weight("Wu", 8, 16)
                .weight("Vg", 16, 8).weight("Vu", 16, 8).weight("bg", 16).weight("bu", 16).weight("row", 1, 16)
                .weight("column", 3, 1).weight("A", 8, 2).weight("B", 2, 16)
                .integers("rows", -1, 8).integers("back", 3, 2, 16).integers("flat", 6, 16).nodes(nodes);
        if (nodes.contains("back")) {
            model.declare("g", 3, 2, 16).declare("u", 3, 2, 16);
        }
        model.output("Y");
        Rewriter rewriter = Rewriter.of(model.file(), Mode.AUTO);
        assertEquals(1, rewriter.sites().size(), rewriter.sites()::toString);
        ModelProto rewritten = rewriter.result("test").orElseThrow();
        PlainRuntime.assertSameOutputs(model.build(), rewritten);
        assertEquals(model.build(), Restoration.of(rewritten).orElseThrow().model());
        return rewriter.sites().get(0);
    }
}
