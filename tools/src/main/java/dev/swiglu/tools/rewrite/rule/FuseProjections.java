package dev.swiglu.tools.rewrite.rule;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import dev.swiglu.tools.onnx.Attributes;
import dev.swiglu.tools.onnx.NodeRef;
import dev.swiglu.tools.rewrite.pattern.GatedProduct;
import dev.swiglu.tools.rewrite.pattern.ModelView;
import dev.swiglu.tools.rewrite.pattern.Packing;
import dev.swiglu.tools.rewrite.pattern.Projection;
import dev.swiglu.tools.rewrite.pattern.Result;
import dev.swiglu.tools.rewrite.pattern.SameValue;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * {@code act(X·W_gate + b_gate) ⊙ (X·W_up + b_up)  →  FusedSwiGLU(X, W_gate, W_up[, b_gate, b_up])}
 *
 * <p>Both projections are of the same X with matrices of one size, layout and type, and nothing outside reads what lies
 * between X and the product.
 */
public final class FuseProjections implements RewriteRule {

    @Override
    public String operator() {
        return "FusedSwiGLU";
    }

    @Override
    public Action action() {
        return Action.FUSED;
    }

    @Override
    public Result<Rewrite> apply(GatedProduct product, ModelView view) {
        if (Packing.of(view, product.scope(), product.gate().input(), product.up()) instanceof Result.Match<Packing> halves) {
            return Result.declined("Gate and up come out of one tensor, '" + halves.found().packed()
                    + "'; to fuse the projection that makes it, too, its weights would have to be cut in two, which is a copy.");
        }
        Result<Projection> gate = Projection.of(view, product.scope(), product.gate().input(), product.gate().bias());
        return gate.and(Projection.of(view, product.scope(), product.up()), (left, right) -> {
            Optional<String> obstacle = mismatch(product, left, right, view)
                    .or(() -> Removal.obstacle(interior(product, left, right), product.product()));
            return Result.unless(obstacle, () -> fuse(product, left, right, view));
        });
    }

    private Optional<String> mismatch(GatedProduct product, Projection gate, Projection up, ModelView view) {
        if (product.gate().input().equals(product.up())) {
            return Optional.of("Gate and up are one product, '" + product.up() + "'; fused, it would be computed twice.");
        }
        if (!SameValue.test(view.index(), product.scope(), gate.x(), up.x())) {
            return Optional.of("Gate and up are projections of different values, '" + gate.x() + "' and '" + up.x() + "'.");
        }
        if (gate.n() != up.n() || gate.k() != up.k()) {
            return Optional.of("The weights '" + gate.weight() + "' [" + gate.k() + ", " + gate.n() + "] and '" + up.weight()
                    + "' [" + up.k() + ", " + up.n() + "] differ in size, so that the product broadcasts;"
                    + " they would have to be equal.");
        }
        if (gate.transB() != up.transB()) {
            return Optional.of("One of the weights '" + gate.weight() + "' and '" + up.weight()
                    + "' is transposed and the other is not; they would have to be stored alike.");
        }
        if (gate.element() != up.element() || !gate.element().isComputable()) {
            return Optional.of("The weights are " + gate.element().label() + " and " + up.element().label()
                    + "; they would have to share one of float32, float16, bfloat16 and float64.");
        }
        return Optional.empty();
    }

    private static Set<NodeRef> interior(GatedProduct product, Projection gate, Projection up) {
        Set<NodeRef> nodes = new LinkedHashSet<>(product.gate().nodes());
        nodes.addAll(gate.nodes());
        nodes.addAll(up.nodes());
        nodes.add(product.product());
        return nodes;
    }

    private Rewrite fuse(GatedProduct product, Projection gate, Projection up, ModelView view) {
        List<String> inputs = new ArrayList<>(List.of(gate.x(), gate.weight(), up.weight()));
        if (gate.hasBias() || up.hasBias()) {
            inputs.add(gate.bias());
        }
        if (up.hasBias()) {
            inputs.add(up.bias());
        }
        List<AttributeProto> attributes = new ArrayList<>(product.attributes());
        if (gate.transB()) {
            attributes.add(Attributes.of("transB", 1));
        }
        NodeProto replacement = Replacement.node(product.product(), operator(), inputs, attributes);
        List<NodeRef> feeders = new ArrayList<>(gate.feeders());
        feeders.addAll(up.feeders());
        String projections = gate.form().equals(up.form()) ? gate.form() : gate.form() + "|" + up.form();
        return new Rewrite(product.product(),
                replacement,
                Removal.withFeeders(interior(product, gate, up), feeders),
                PortableFunction.of(replacement, gate.element(), view.index().opset("")),
                projections + ", " + product.gate().form(), gate.element(), gate.k(), gate.n());
    }
}
