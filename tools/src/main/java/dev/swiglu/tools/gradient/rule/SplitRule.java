package dev.swiglu.tools.gradient.rule;

import dev.swiglu.tools.gradient.Backward;
import dev.swiglu.tools.gradient.FirstInputRule;
import dev.swiglu.tools.onnx.Attributes;
import dev.swiglu.tools.portable.GraphWriter;
import java.util.ArrayList;
import java.util.List;

/** Y₁, Y₂, ... = parts of X along one axis: dX is their gradients side by side, zeros for parts that nobody reads. */
public final class SplitRule implements FirstInputRule {

    @Override
    public void differentiate(Backward backward) {
        GraphWriter write = backward.write();
        List<String> parts = new ArrayList<>();
        for (int i = 0; i < backward.node().node().getOutputCount(); i++) {
            String part = backward.output(i);
            parts.add(backward.upstream(i).orElseGet(() -> write.add("Expand", backward.scalar(backward.input(0), 0),
                    write.shape(part))));
        }
        backward.give(0, write.add("Concat", parts,
                Attributes.of("axis", Attributes.integer(backward.node().node(), "axis", 0))));
    }
}
