package dev.swiglu.tools.gradient;

import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.ToolException;
import dev.swiglu.tools.onnx.NodeRef;

/** Why no gradient passes a node. */
final class Refusal {
    private Refusal() {
    }

    /** @param why a clause, without a full stop */
    static ToolException of(NodeRef node, String why) {
        return new ToolException(ExitCode.REFUSED, "No gradient passes " + node.describe() + ": " + why + ".");
    }
}
