package dev.swiglu.tools.rewrite.pattern;

import dev.swiglu.tools.onnx.Attributes;
import dev.swiglu.tools.onnx.NodeRef;
import java.util.List;
import java.util.Optional;

/** {@code Swish(x) = x·σ(alpha·x)} of opset 24; alpha is 1 when absent. */
final class Swish implements ActivationPattern {

    @Override
    public Optional<Gate> endingAt(NodeRef last, ModelView view) {
        if (!last.is("Swish")) {
            return Optional.empty();
        }
        Activation activation = Activation.sigmoidWeighted(Attributes.real(last.node(), "alpha", 1));
        return Optional.of(new Gate(activation, last.input(0), List.of(last), "Swish"));
    }
}
