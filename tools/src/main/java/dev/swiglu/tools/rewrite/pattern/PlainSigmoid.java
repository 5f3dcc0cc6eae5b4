package dev.swiglu.tools.rewrite.pattern;

import dev.swiglu.tools.onnx.NodeRef;
import java.util.List;
import java.util.Optional;

/** {@code Sigmoid(x)}: the gate of the plain GLU, which is not a SwiGLU. */
final class PlainSigmoid implements ActivationPattern {

    @Override
    public Optional<Gate> endingAt(NodeRef last, ModelView view) {
        return last.is("Sigmoid")
                ? Optional.of(new Gate(Activation.SIGMOID, last.input(0), List.of(last), "Sigmoid"))
                : Optional.empty();
    }
}
