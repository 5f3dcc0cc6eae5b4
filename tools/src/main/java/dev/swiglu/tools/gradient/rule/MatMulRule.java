package dev.swiglu.tools.gradient.rule;

import dev.swiglu.tools.gradient.Backward;
import dev.swiglu.tools.gradient.Broadcast;
import dev.swiglu.tools.gradient.GradientRule;
import dev.swiglu.tools.onnx.Attributes;
import dev.swiglu.tools.onnx.Shape;
import dev.swiglu.tools.portable.GraphWriter;
import java.util.ArrayList;
import java.util.List;

/**
 * Y = A·B, in the last two axes of each: dA = dY·Bᵀ, dB = Aᵀ·dY, because with G the gradient of Y, ⟨G, δA·B⟩ = ⟨G·Bᵀ, δA⟩ and
 * ⟨G, A·δB⟩ = ⟨Aᵀ·G, δB⟩. Where axes in front are broadcast, the gradients are summed over them; for a matrix B all of them are
 * one long axis of rows, and the sum is part of the product: dB = rows(A)ᵀ·rows(dY), one Gemm.
 */
public final class MatMulRule implements GradientRule {

    @Override
    public void differentiate(Backward backward) {
        if (backward.rank(backward.input(1)) == 2 && backward.shape(backward.input(0)).rank() != 1) {
            byMatrix(backward);
        } else {
            batched(backward);
        }
    }

    private static void byMatrix(Backward backward) {
        GraphWriter write = backward.write();
        boolean plain = backward.shape(backward.input(0)).rank() == 2;
        String rows = plain ? backward.upstream() : write.rows(backward.upstream());
        if (backward.wants(0)) {
            String product = write.add("Gemm", List.of(rows, backward.input(1)), Attributes.of("transB", 1));
            backward.give(0, plain ? product : write.reshapedLike(product, backward.input(0)));
        }
        if (backward.wants(1)) {
            String a = plain ? backward.input(0) : write.rows(backward.input(0));
            backward.give(1, write.add("Gemm", List.of(a, rows), Attributes.of("transA", 1)));
        }
    }

    private static void batched(Backward backward) {
        String a = backward.input(0);
        String b = backward.input(1);
        if (backward.rank(a) < 2 || backward.rank(b) < 2) {
            throw backward.refusal("products of vectors have no rule; give '" + (backward.rank(a) < 2 ? a : b)
                    + "' a second axis");
        }
        GraphWriter write = backward.write();
        if (backward.wants(0)) {
            String product = write.add("MatMul", backward.upstream(), transposed(backward, b));
            backward.give(0, Broadcast.summed(backward, product, likeResult(backward, a), a));
        }
        if (backward.wants(1)) {
            String product = write.add("MatMul", transposed(backward, a), backward.upstream());
            backward.give(1, Broadcast.summed(backward, product, likeResult(backward, b), b));
        }
    }

    private static String transposed(Backward backward, String value) {
        int rank = backward.rank(value);
        long[] axes = new long[rank];
        for (int i = 0; i < rank; i++) {
            axes[i] = i < rank - 2 ? i : 2L * rank - 3 - i;
        }
        return backward.write().transposed(value, axes);
    }

    /** The matrices of {@code operand}, as many as the result has: the shape of its gradient before it is summed. */
    private static Shape likeResult(Backward backward, String operand) {
        Shape result = backward.shape(backward.node().output(0));
        Shape own = backward.shape(operand);
        if (!result.isRankKnown()) {
            return Shape.unknown(backward.node().output(0));
        }
        List<String> matrix = own.sizes().subList(own.rank() - 2, own.rank());
        List<String> sizes = new ArrayList<>(result.sizes().subList(0, result.rank() - 2));
        sizes.addAll(matrix);
        return new Shape(null, sizes);
    }
}
