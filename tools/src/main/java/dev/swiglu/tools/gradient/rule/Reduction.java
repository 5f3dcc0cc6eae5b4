package dev.swiglu.tools.gradient.rule;

import dev.swiglu.tools.gradient.Backward;
import dev.swiglu.tools.onnx.Attributes;
import dev.swiglu.tools.onnx.TensorData;
import dev.swiglu.tools.portable.GraphWriter;
import java.util.List;
import java.util.stream.LongStream;

/** The gradient of a reduced tensor, repeated along the axes that were reduced. */
final class Reduction {
    private Reduction() {
    }

    /** @param gradient has the shape of the result */
    static String repeated(Backward backward, String gradient) {
        GraphWriter write = backward.write();
        long[] axes = axes(backward);
        boolean keeps = Attributes.integer(backward.node().node(), "keepdims", 1) == 1;
        String aligned = keeps || axes.length == 0 ? gradient : write.unsqueezed(gradient, axes);
        return write.add("Expand", aligned, write.shape(backward.input(0)));
    }

    /** The axes, an attribute or a constant input; none where all are reduced, or, if the node says so, none is. */
    private static long[] axes(Backward backward) {
        List<Long> attribute = Attributes.integers(backward.node().node(), "axes");
        String input = backward.input(1);
        return input.isEmpty() ? attribute.stream().mapToLong(Long::longValue).toArray()
                : backward.index().constant(backward.node().scope(), input).map(TensorData::longs).map(LongStream::of)
                        .orElseThrow(() -> backward.refusal("its axes '" + input + "' are not constant")).toArray();
    }
}
