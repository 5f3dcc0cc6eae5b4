package dev.swiglu.tools.rewrite.pattern;

import dev.swiglu.tools.onnx.Attributes;
import dev.swiglu.tools.onnx.NodeRef;
import dev.swiglu.tools.onnx.Scope;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * {@code product = act(gate) ⊙ up}, whatever computes gate and up.
 *
 * @param product the node that makes the product
 * @param up the value that is multiplied with the activated gate
 */
public record GatedProduct(NodeRef product, Gate gate, String up) {

    /** Every gated product of the model, graph by graph, in the order of the nodes. */
    public static List<GatedProduct> findAll(ModelView view) {
        List<GatedProduct> found = new ArrayList<>();
        for (Scope scope : view.index().scopes()) {
            for (int position = 0; position < scope.graph().getNodeCount(); position++) {
                at(scope.node(position), view).ifPresent(found::add);
            }
        }
        return found;
    }

    public Scope scope() {
        return product.scope();
    }

    private static Optional<GatedProduct> at(NodeRef node, ModelView view) {
        if (node.is("SwiGLU")) {
            Activation activation = Activation.sigmoidWeighted(Attributes.real(node.node(), "alpha", 1));
            return Optional.of(new GatedProduct(node, new Gate(activation, node.input(0), List.of(), "SwiGLU"), node.input(1)));
        }
        if (!node.is("Mul")) {
            return Optional.empty();
        }
        for (ActivationPattern pattern : ActivationPattern.ALL) {
            Optional<GatedProduct> product = gatedBy(pattern, node, 0, view).or(() -> gatedBy(pattern, node, 1, view));
            if (product.isPresent()) {
                return product;
            }
        }
        return Optional.empty();
    }

    private static Optional<GatedProduct> gatedBy(ActivationPattern pattern, NodeRef mul, int operand, ModelView view) {
        String up = mul.input(1 - operand);
        return mul.scope().producer(mul.input(operand)).filter(node -> node.scope() == mul.scope())
                .flatMap(last -> pattern.endingAt(last, view))
                .map(gate -> new GatedProduct(mul, gate, up))
                .filter(product -> !product.gate.activation().equals(Activation.SIGMOID) || product.isPlainGlu(view));
    }

    /** σ(a)·b is everywhere: in x·σ(x) itself, in LSTMs, in attention gates. A GLU has projections of one X for a and b. */
    private boolean isPlainGlu(ModelView view) {
        Result<Projection> gated = Projection.of(view, scope(), gate.input());
        return gated.and(Projection.of(view, scope(), up), (left, right) ->
                SameValue.test(view.index(), scope(), left.x(), right.x()) && !gate.input().equals(up)
                        ? Result.match(true) : Result.declined("")) instanceof Result.Match;
    }
}
