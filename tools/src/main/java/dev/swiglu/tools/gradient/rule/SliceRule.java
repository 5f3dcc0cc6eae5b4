package dev.swiglu.tools.gradient.rule;

import dev.swiglu.tools.gradient.Backward;
import dev.swiglu.tools.gradient.FirstInputRule;
import dev.swiglu.tools.onnx.Attributes;
import dev.swiglu.tools.onnx.ElementType;
import dev.swiglu.tools.portable.GraphWriter;
import java.util.Arrays;
import java.util.List;

/**
 * Y = a part of X, in steps of 1: dX = dY with zeros around it, as many in front as the slice starts behind, all others after.
 * Starts count from the end where they are negative, and are cut to the size of the axis.
 */
public final class SliceRule implements FirstInputRule {
    private static final int AXES = 3;
    private static final int STEPS = 4;
    private static final long INTEGER_MAX = 12;

    @Override
    public void differentiate(Backward backward) {
        requireStepsOfOne(backward);
        GraphWriter write = backward.write();
        if (write.opset() < INTEGER_MAX) {
            throw backward.refusal("its rule needs opset 12; convert the model");
        }
        String shape = write.shape(backward.input(0));
        String starts = write.cast(backward.input(1), ElementType.INT64);
        String axes = backward.input(AXES).isEmpty()
                ? write.add("Range", write.integer(0), write.add("Size", starts), write.integer(1))
                : write.cast(backward.input(AXES), ElementType.INT64);
        String sizes = write.add("Gather", shape, axes);
        String fromFront = write.add("Where", write.add("Less", starts, write.integer(0)),
                write.add("Add", starts, sizes), starts);
        String begins = write.add("Max", write.add("Min", fromFront, sizes), write.integer(0));
        String zeros = write.add("Sub", shape, shape);
        String before = write.add("ScatterElements", zeros, axes, begins);
        String after = write.add("Sub", write.add("Sub", shape, before), write.shape(backward.output(0)));
        String pads = write.add("Concat", List.of(before, after), Attributes.of("axis", 0));
        backward.give(0, write.add("Pad", backward.upstream(), pads));
    }

    private static void requireStepsOfOne(Backward backward) {
        if (backward.input(1).isEmpty()) {
            throw backward.refusal("its starts are attributes, as before opset 10");
        }
        String input = backward.input(STEPS);
        boolean ones = input.isEmpty() || backward.index().constant(backward.node().scope(), input)
                .filter(steps -> Arrays.stream(steps.longs()).allMatch(step -> step == 1)).isPresent();
        if (!ones) {
            throw backward.refusal("its steps '" + input + "' are not constantly 1");
        }
    }
}
