package dev.swiglu.tools.rewrite.rule;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import dev.swiglu.tools.onnx.Attributes;
import dev.swiglu.tools.onnx.NodeRef;
import dev.swiglu.tools.onnx.ValueTypes.ValueType;
import dev.swiglu.tools.rewrite.pattern.GatedProduct;
import dev.swiglu.tools.rewrite.pattern.ModelView;
import dev.swiglu.tools.rewrite.pattern.Packing;
import dev.swiglu.tools.rewrite.pattern.Projection;
import dev.swiglu.tools.rewrite.pattern.Result;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * {@code act(half of A) ⊙ (other half of A)  →  SwiGLU(A)}
 *
 * <p>A is what one projection with gate and up side by side makes. Its weights stay as they are: to fuse the projection, too,
 * they would have to be cut in two, which is a copy.
 */
public final class FusePacked implements RewriteRule {
    @Override
    public String operator() {
        return "SwiGLU";
    }

    @Override
    public Action action() {
        return Action.ACTIVATION;
    }

    @Override
    public Result<Rewrite> apply(GatedProduct product, ModelView view) {
        Result<Packing> packing = Packing.of(view, product.scope(), product.gate().input(), product.up());
        return packing.and(Result.match(product), (halves, gated) -> {
            Set<NodeRef> nodes = new LinkedHashSet<>(halves.nodes());
            nodes.addAll(gated.gate().nodes());
            nodes.add(gated.product());
            ValueType type = view.types().of(gated.scope(), halves.packed());
            Optional<String> obstacle = Unfit.biased(gated.gate()).or(() -> Unfit.untyped(halves.packed(), type.element()))
                    .or(() -> Removal.obstacle(nodes, gated.product()));
            return Result.unless(obstacle, () -> fuse(gated, halves, nodes, type, view));
        });
    }

    private Rewrite fuse(GatedProduct product, Packing halves, Set<NodeRef> nodes, ValueType type, ModelView view) {
        List<AttributeProto> attributes = new ArrayList<>(product.attributes());
        attributes.add(Attributes.of("layout", halves.layout()));
        NodeProto replacement = Replacement.node(product.product(), operator(), List.of(halves.packed()), attributes);
        Optional<Projection> projection = Projection.of(view, product.scope(), halves.packed()).value();
        String source = projection.map(Projection::form).or(() -> product.scope().producer(halves.packed())
                .map(node -> node.node().getOpType())).map(form -> form + ", ").orElse("");
        String cutting = halves.nodes().iterator().next().node().getOpType();
        return new Rewrite(product.product(), replacement, nodes,
                PortableFunction.of(replacement, type.element(), view.index().opset("")),
                source + cutting + " " + halves.layout() + ", " + product.gate().form(), type.element(),
                projection.map(Projection::k).orElse(null),
                type.last().isPresent() ? Long.valueOf(type.last().getAsLong() / 2) : null);
    }
}
