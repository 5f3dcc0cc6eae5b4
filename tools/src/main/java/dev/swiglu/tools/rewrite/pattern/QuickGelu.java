package dev.swiglu.tools.rewrite.pattern;

import dev.swiglu.tools.onnx.Attributes;
import dev.swiglu.tools.onnx.NodeRef;
import java.util.List;
import java.util.Optional;

/**
 * {@code com.microsoft::QuickGelu(x) = x·σ(alpha·x)}, alpha 1.702 when absent. ONNX Runtime's optimizer writes SiLU this
 * way, with alpha 1.
 */
final class QuickGelu implements ActivationPattern {

    @Override
    public Optional<Gate> endingAt(NodeRef last, ModelView view) {
        if (!last.is("com.microsoft", "QuickGelu")) {
            return Optional.empty();
        }
        Activation activation = Activation.sigmoidWeighted(Attributes.real(last.node(), "alpha", 1.702f));
        return Optional.of(new Gate(activation, last.input(0), List.of(last), "QuickGelu"));
    }
}
