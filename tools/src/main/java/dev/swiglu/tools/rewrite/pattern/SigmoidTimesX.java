package dev.swiglu.tools.rewrite.pattern;

import dev.swiglu.tools.onnx.NodeRef;
import dev.swiglu.tools.onnx.Scope;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/** {@code Mul(x, Sigmoid(x))} and {@code Mul(x, Sigmoid(Mul(alpha, x)))}, operands in any order, alpha a constant that a float32 attribute can hold. */
final class SigmoidTimesX implements ActivationPattern {

    @Override
    public Optional<Gate> endingAt(NodeRef last, ModelView view) {
        if (!last.is("Mul")) {
            return Optional.empty();
        }
        return weighted(last, last.input(0), last.input(1), view)
                .or(() -> weighted(last, last.input(1), last.input(0), view));
    }

    private Optional<Gate> weighted(NodeRef mul, String x, String activated, ModelView view) {
        Optional<NodeRef> sigmoid = local(mul.scope(), activated).filter(node -> node.is("Sigmoid"));
        if (sigmoid.isEmpty()) {
            return Optional.empty();
        }
        String inner = sigmoid.get().input(0);
        if (inner.equals(x)) {
            return Optional.of(new Gate(Activation.sigmoidWeighted(1), x, List.of(sigmoid.get(), mul), "Sigmoid*x"));
        }
        return local(mul.scope(), inner).filter(node -> node.is("Mul"))
                .flatMap(scale -> scaled(scale, x, view).map(alpha -> new Gate(Activation.sigmoidWeighted(alpha), x,
                        List.of(scale, sigmoid.get(), mul), "Sigmoid(alpha*x)*x")));
    }

    private Optional<Float> scaled(NodeRef scale, String x, ModelView view) {
        if (!scale.input(0).equals(x) && !scale.input(1).equals(x)) {
            return Optional.empty();
        }
        String factor = scale.input(0).equals(x) ? scale.input(1) : scale.input(0);
        OptionalDouble alpha = view.index().scalar(scale.scope(), factor);
        boolean representable = alpha.isPresent() && (float) alpha.getAsDouble() == alpha.getAsDouble();
        return representable ? Optional.of((float) alpha.getAsDouble()) : Optional.empty();
    }

    /** A body may read an activation computed outside of it; then the nodes are not this body's to replace. */
    private static Optional<NodeRef> local(Scope scope, String value) {
        return scope.producer(value).filter(node -> node.scope() == scope);
    }
}
