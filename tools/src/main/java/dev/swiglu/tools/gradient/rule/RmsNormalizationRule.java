package dev.swiglu.tools.gradient.rule;

import dev.swiglu.tools.gradient.Backward;
import dev.swiglu.tools.gradient.Broadcast;
import dev.swiglu.tools.gradient.GradientRule;
import dev.swiglu.tools.onnx.Attributes;
import dev.swiglu.tools.onnx.ElementType;
import dev.swiglu.tools.portable.GraphWriter;

/**
 * Y = X̂ ⊙ s, X̂ = X·r, r = 1/√(mean(X²) + ε) over the axes from {@code axis} on (RMSNormalization of ONNX and
 * SimplifiedLayerNormalization of ONNX Runtime): with E = dY ⊙ s, dX = r·(E - X̂ ⊙ mean(E ⊙ X̂)), because dr = -r³·mean(X ⊙ dX);
 * ds = dY ⊙ X̂, summed over what was broadcast. Y has the type of s. 16-bit tensors are computed with in float32 and rounded
 * once.
 */
public final class RmsNormalizationRule implements GradientRule {
    private static final float DEFAULT_EPSILON = 1e-5f;

    @Override
    public void differentiate(Backward backward) {
        GraphWriter write = backward.write();
        ElementType element = backward.element(backward.input(0));
        ElementType scaleElement = backward.element(backward.input(1));
        ElementType wide = element.wide();
        long[] axes = axes(backward);
        String x = write.cast(backward.input(0), element, wide);
        String dy = write.cast(backward.upstream(), scaleElement, wide);
        String r = inverse(backward, x, wide, axes);
        String normalized = write.add("Mul", x, r);
        if (backward.wants(0)) {
            String scaled = write.add("Mul", dy, write.cast(backward.input(1), scaleElement, wide));
            String mean = write.mean(write.add("Mul", scaled, normalized), axes);
            String rest = write.add("Sub", scaled, write.add("Mul", normalized, mean));
            backward.give(0, write.cast(write.add("Mul", rest, r), wide, element));
        }
        if (backward.wants(1)) {
            String sum = Broadcast.summed(backward, write.add("Mul", dy, normalized), backward.shape(backward.node().output(0)),
                    backward.input(1));
            backward.give(1, write.cast(sum, wide, scaleElement));
        }
    }

    private static String inverse(Backward backward, String x, ElementType wide, long... axes) {
        GraphWriter write = backward.write();
        float epsilon = Attributes.real(backward.node().node(), "epsilon", DEFAULT_EPSILON);
        String square = write.mean(write.add("Mul", x, x), axes);
        String root = write.add("Sqrt", write.add("Add", square, write.scalar(wide, epsilon)));
        return write.add("Reciprocal", root);
    }

    private static long[] axes(Backward backward) {
        long first = Attributes.integer(backward.node().node(), "axis", -1);
        if (first == -1) {
            return new long[] {-1};
        }
        int rank = backward.rank(backward.input(0));
        long from = first < 0 ? first + rank : first;
        long[] axes = new long[(int) (rank - from)];
        for (int i = 0; i < axes.length; i++) {
            axes[i] = from + i;
        }
        return axes;
    }
}
