package dev.swiglu.tools.gradient.rule;

import dev.swiglu.tools.gradient.Backward;
import dev.swiglu.tools.gradient.FirstInputRule;
import dev.swiglu.tools.onnx.ElementType;
import dev.swiglu.tools.portable.GraphWriter;

/**
 * Y = Σ X / n over some axes, n = size(X) / size(Y): dX = dY / n, repeated along them. The sizes are divided as float64: an empty
 * batch makes 0 / 0 of them, which is an error for integers, and here a NaN that goes into no element of an empty dX.
 */
public final class ReduceMeanRule implements FirstInputRule {

    @Override
    public void differentiate(Backward backward) {
        GraphWriter write = backward.write();
        String count = write.add("Div", size(write, backward.input(0)), size(write, backward.output(0)));
        String share = write.divided(backward.upstream(), backward.element(backward.input(0)), count);
        backward.give(0, Reduction.repeated(backward, share));
    }

    private static String size(GraphWriter write, String value) {
        return write.cast(write.add("Size", value), ElementType.FLOAT64);
    }
}
