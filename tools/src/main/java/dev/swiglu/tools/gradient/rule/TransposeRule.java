package dev.swiglu.tools.gradient.rule;

import dev.swiglu.tools.gradient.Backward;
import dev.swiglu.tools.gradient.GradientRule;
import dev.swiglu.tools.onnx.Attributes;
import java.util.List;

/** Y = X with permuted axes: dX = dY with the inverse permutation. Without one the axes are reversed, its own inverse. */
public final class TransposeRule implements GradientRule {

    @Override
    public void differentiate(Backward backward) {
        List<Long> permutation = Attributes.integers(backward.node().node(), "perm");
        long[] inverse = new long[permutation.size()];
        for (int i = 0; i < inverse.length; i++) {
            inverse[permutation.get(i).intValue()] = i;
        }
        backward.give(0, inverse.length == 0 ? backward.write().add("Transpose", backward.upstream())
                : backward.write().transposed(backward.upstream(), inverse));
    }
}
