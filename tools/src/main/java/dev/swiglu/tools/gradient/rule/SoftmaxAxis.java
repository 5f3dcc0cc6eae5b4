package dev.swiglu.tools.gradient.rule;

import dev.swiglu.tools.gradient.Backward;
import dev.swiglu.tools.onnx.Attributes;

/** The axis along which Softmax and LogSoftmax normalize. Before opset 13 they flattened all axes from it on into one. */
final class SoftmaxAxis {
    private static final long ONE_AXIS = 13;

    private SoftmaxAxis() {
    }

    static long of(Backward backward) {
        boolean one = backward.write().opset() >= ONE_AXIS;
        long axis = Attributes.integer(backward.node().node(), "axis", one ? -1 : 1);
        if (!one && axis != -1 && axis != backward.rank(backward.input(0)) - 1) {
            throw backward.refusal("before opset 13 it normalizes over axis " + axis + " and all that follow;"
                    + " convert the model to opset 13");
        }
        return axis;
    }
}
