package dev.swiglu.tools.rewrite.rule;

import dev.swiglu.tools.onnx.ElementType;
import dev.swiglu.tools.rewrite.pattern.Gate;
import java.util.Optional;

/** What keeps a product from becoming a SwiGLU node, be its halves packed or apart. */
final class Unfit {
    private Unfit() {
    }

    static Optional<String> biased(Gate gate) {
        return gate.bias().isEmpty() ? Optional.empty() : Optional.of("The activation itself adds the bias '" + gate.bias()
                + "'; SwiGLU adds none, only FusedSwiGLU does.");
    }

    static Optional<String> untyped(String value, ElementType element) {
        return element.isComputable() ? Optional.empty() : Optional.of("The element type of '" + value
                + "' is not known to be float32, float16, bfloat16 or float64; run shape inference on the model first.");
    }
}
