package dev.swiglu.tools.gradient.rule;

import dev.swiglu.tools.gradient.Backward;
import dev.swiglu.tools.gradient.Broadcast;
import dev.swiglu.tools.gradient.GradientRule;
import dev.swiglu.tools.onnx.Attributes;
import java.util.List;

/**
 * Y = α·A'·B' + β·C, A' being A or, with transA, Aᵀ, and B' likewise: dA' = α·dY·B'ᵀ, dB' = α·A'ᵀ·dY, dC = β·dY summed over what
 * was broadcast. A transposed operand wants the transposed gradient: dA = (dY·B'ᵀ)ᵀ = B'·dYᵀ.
 */
public final class GemmRule implements GradientRule {

    @Override
    public void differentiate(Backward backward) {
        long transA = Attributes.integer(backward.node().node(), "transA", 0);
        long transB = Attributes.integer(backward.node().node(), "transB", 0);
        String dy = backward.upstream();
        if (backward.wants(0)) {
            String b = backward.input(1);
            backward.give(0, transA == 0 ? product(backward, dy, 0, b, 1 - transB) : product(backward, b, transB, dy, 1));
        }
        if (backward.wants(1)) {
            String a = backward.input(0);
            backward.give(1, transB == 0 ? product(backward, a, 1 - transA, dy, 0) : product(backward, dy, 1, a, transA));
        }
        if (backward.wants(2)) {
            float beta = Attributes.real(backward.node().node(), "beta", 1);
            Broadcast.give(backward, 2, beta == 1 ? dy
                    : backward.write().add("Mul", dy, backward.scalar(backward.input(2), beta)));
        }
    }

    private static String product(Backward backward, String left, long transLeft, String right, long transRight) {
        return backward.write().add("Gemm", List.of(left, right), Attributes.of("transA", transLeft),
                Attributes.of("transB", transRight),
                Attributes.of("alpha", Attributes.real(backward.node().node(), "alpha", 1)));
    }
}
