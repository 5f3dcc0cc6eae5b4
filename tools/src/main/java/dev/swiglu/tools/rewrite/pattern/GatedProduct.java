package dev.swiglu.tools.rewrite.pattern;

import ai.onnx.proto.OnnxMl.AttributeProto;
import dev.swiglu.tools.onnx.NodeRef;
import dev.swiglu.tools.onnx.Scope;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * {@code product = act(gate) ⊙ up}, whatever computes gate and up.
 *
 * @param product the node that makes the product
 * @param up the value that is multiplied with the activated gate
 * @param clamping what happens to both before that
 */
public record GatedProduct(NodeRef product, Gate gate, String up, Clamping clamping) {

    /** Every gated product of the model, graph by graph, in the order of the nodes. */
    public static List<GatedProduct> findAll(ModelView view) {
        List<GatedProduct> found = new ArrayList<>();
        view.index().scopes().forEach(scope -> found.addAll(findAll(scope, view)));
        return found;
    }

    /** Backwards, so that of two that lie in each other, as σ(x)·up and x·(σ(x)·up), the whole is found and not its part. */
    private static List<GatedProduct> findAll(Scope scope, ModelView view) {
        List<GatedProduct> found = new ArrayList<>();
        Set<NodeRef> taken = new HashSet<>();
        List<NodeRef> nodes = scope.sortedNodes();
        for (int i = nodes.size() - 1; i >= 0; i--) {
            NodeRef node = nodes.get(i);
            Optional<GatedProduct> product = taken.contains(node) ? Optional.empty() : new GateSearch(view, node).find();
            product.filter(match -> !match.isBodyOfFunction(view)).ifPresent(match -> {
                taken.addAll(match.gate().nodes());
                found.add(match);
            });
        }
        Collections.reverse(found);
        return found;
    }

    /** The products of the model that look like gated ones and are not among {@code found}. */
    public static List<NearMiss> nearMisses(ModelView view, List<GatedProduct> found) {
        Set<NodeRef> taken = new HashSet<>();
        found.forEach(product -> {
            taken.add(product.product());
            taken.addAll(product.gate().nodes());
        });
        return NearMiss.findAll(view, taken);
    }

    /** How an operator says what this computes. */
    public List<AttributeProto> attributes() {
        List<AttributeProto> attributes = new ArrayList<>(gate.activation().attributes());
        attributes.addAll(clamping.attributes());
        return attributes;
    }

    public Scope scope() {
        return product.scope();
    }

    /** What one of the model's functions computes of its own inputs is found where the function is called. */
    private boolean isBodyOfFunction(ModelView view) {
        boolean ofInputs = scope().input(gate.input()).isPresent() && scope().input(up).isPresent();
        return ofInputs && view.index().functions().stream().anyMatch(function -> function.body() == scope());
    }
}
