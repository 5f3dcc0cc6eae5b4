package dev.swiglu.tools.gradient.rule;

import dev.swiglu.tools.gradient.Backward;
import dev.swiglu.tools.rewrite.rule.Replacement;
import java.util.ArrayList;
import java.util.List;

/** What the gradients of our operators have in common: the attributes of the forward node, and no trailing empty name. */
final class GatedGradient {
    static final List<String> GRADIENTS = List.of("dX", "dW_gate", "dW_up", "db_gate", "db_up");

    private GatedGradient() {
    }

    /** @param gradients for each input of the forward node the name of its gradient, empty where none is wanted */
    static void write(Backward backward, String operator, List<String> inputs, List<String> gradients) {
        backward.write().add(Replacement.DOMAIN, operator, trimmed(inputs), trimmed(gradients),
                backward.node().node().getAttributeList());
        for (int input = 0; input < gradients.size(); input++) {
            if (!gradients.get(input).isEmpty()) {
                backward.give(input, gradients.get(input));
            }
        }
    }

    /** ONNX Runtime 1.22 crashes on optional inputs that are left out at the end by an empty name. */
    private static List<String> trimmed(List<String> names) {
        List<String> result = new ArrayList<>(names);
        while (!result.isEmpty() && result.get(result.size() - 1).isEmpty()) {
            result.remove(result.size() - 1);
        }
        return result;
    }
}
