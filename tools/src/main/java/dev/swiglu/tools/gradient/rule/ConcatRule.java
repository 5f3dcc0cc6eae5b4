package dev.swiglu.tools.gradient.rule;

import dev.swiglu.tools.gradient.Backward;
import dev.swiglu.tools.gradient.GradientRule;
import dev.swiglu.tools.onnx.Attributes;
import dev.swiglu.tools.portable.GraphWriter;
import java.util.ArrayList;
import java.util.List;

/** Y = X₁, X₂, ... side by side along one axis: dXᵢ is the part of dY that lies where Xᵢ does. */
public final class ConcatRule implements GradientRule {

    @Override
    public void differentiate(Backward backward) {
        GraphWriter write = backward.write();
        if (!write.takesComputedAxes()) {
            throw backward.refusal("its rule needs opset 13; convert the model");
        }
        long axis = Attributes.integer(backward.node().node(), "axis", 0);
        List<String> sizes = new ArrayList<>();
        for (String input : backward.node().node().getInputList()) {
            sizes.add(write.add("Gather", write.shape(input), write.integers(axis)));
        }
        String split = write.add("Concat", sizes, Attributes.of("axis", 0));
        List<String> parts = write.add("", "Split", List.of(backward.upstream(), split), sizes.size(),
                List.of(Attributes.of("axis", axis)));
        for (int input = 0; input < parts.size(); input++) {
            if (backward.wants(input)) {
                backward.give(input, parts.get(input));
            }
        }
    }
}
