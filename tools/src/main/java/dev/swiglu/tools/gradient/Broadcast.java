package dev.swiglu.tools.gradient;

import dev.swiglu.tools.onnx.Attributes;
import dev.swiglu.tools.onnx.Shape;
import dev.swiglu.tools.portable.GraphWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/**
 * An element that broadcasting repeats gets the sum of the gradients of all its copies: the gradient of an input is that of the
 * broadcast result, summed over the axes in front of the input's own and over those in which the input has size 1.
 */
public final class Broadcast {
    private Broadcast() {
    }

    /** @param gradient has the shape of the node's first output */
    public static void give(Backward backward, int input, String gradient) {
        backward.give(input, summed(backward, gradient, backward.shape(backward.node().output(0)), backward.input(input)));
    }

    /**
     * The gradient, summed to the shape of {@code input}.
     *
     * @param shape what is known of the gradient's shape
     */
    public static String summed(Backward backward, String gradient, Shape shape, String input) {
        Shape target = backward.shape(input);
        GraphWriter write = backward.write();
        if (target.equals(shape)) {
            return gradient;
        }
        if (target.rank() == 0) {
            return write.sum(gradient, false);
        }
        if (target.isRankKnown() && shape.isRankKnown() && isDecided(target, shape)) {
            return summedOver(write, gradient, axes(target, shape), shape.rank() - target.rank());
        }
        if (target.isRankKnown() && isSizeable(target)) {
            return write.sum(write.reshaped(gradient, write.integers(withRows(target))), false, 0);
        }
        if (!write.takesComputedAxes()) {
            throw backward.refusal("the shapes of '" + input + "' and of the result are not known well enough to sum over the"
                    + " axes that were broadcast; run shape inference on the model first, or convert it to opset 13");
        }
        return summedAtRunTime(write, gradient, input);
    }

    /** Whether for each axis it is known if the input is repeated along it. A size that is a number other than 1 is not. */
    private static boolean isDecided(Shape target, Shape shape) {
        int added = shape.rank() - target.rank();
        for (int i = 0; i < target.rank(); i++) {
            if (target.size(i).isEmpty() && !target.sizes().get(i).equals(shape.sizes().get(added + i))) {
                return false;
            }
        }
        return true;
    }

    private static List<Long> axes(Shape target, Shape shape) {
        int added = shape.rank() - target.rank();
        List<Long> axes = new ArrayList<>();
        for (int axis = 0; axis < shape.rank(); axis++) {
            boolean repeated = axis < added
                    || target.sizes().get(axis - added).equals("1") && !shape.sizes().get(axis).equals("1");
            if (repeated) {
                axes.add((long) axis);
            }
        }
        return axes;
    }

    private static String summedOver(GraphWriter write, String gradient, List<Long> axes, int added) {
        long[] leading = axes.stream().filter(axis -> axis < added).mapToLong(Long::longValue).toArray();
        long[] kept = axes.stream().filter(axis -> axis >= added).mapToLong(Long::longValue).toArray();
        String result = kept.length == 0 ? gradient : write.sum(gradient, true, kept);
        return leading.length == 0 ? result : write.sum(result, false, leading);
    }

    /** Sizes that are numbers and never 1: the input is repeated as a whole, however many dimensions lie in front. */
    private static boolean isSizeable(Shape target) {
        for (int i = 0; i < target.rank(); i++) {
            OptionalLong size = target.size(i);
            if (size.isEmpty() || size.getAsLong() <= 1) {
                return false;
            }
        }
        return true;
    }

    private static long[] withRows(Shape target) {
        long[] sizes = new long[target.rank() + 1];
        sizes[0] = -1;
        for (int i = 0; i < target.rank(); i++) {
            sizes[i + 1] = target.size(i).orElseThrow();
        }
        return sizes;
    }

    /** Summing over an axis of size 1 changes nothing, so every axis in which the input has size 1 is summed over. */
    private static String summedAtRunTime(GraphWriter write, String gradient, String input) {
        String shape = write.shape(input);
        String added = write.add("Sub", write.shape(write.shape(gradient)), write.shape(shape));
        String ones = write.add("Expand", write.integers(1), added);
        String padded = write.add("Concat", List.of(ones, shape), Attributes.of("axis", 0));
        String axes = write.squeezed(write.add("NonZero", write.add("Equal", padded, write.integers(1))), 0);
        String sum = write.add("ReduceSum", List.of(gradient, axes), Attributes.of("keepdims", 1),
                Attributes.of("noop_with_empty_axes", 1));
        return write.reshaped(sum, shape);
    }
}
