package dev.swiglu.tools.rewrite.rule;

import ai.onnx.proto.OnnxMl.NodeProto;
import dev.swiglu.tools.onnx.ElementType;
import dev.swiglu.tools.onnx.NodeRef;
import dev.swiglu.tools.onnx.ValueTypes.ValueType;
import dev.swiglu.tools.rewrite.pattern.GatedProduct;
import dev.swiglu.tools.rewrite.pattern.ModelView;
import dev.swiglu.tools.rewrite.pattern.Result;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * {@code act(A) ⊙ B  →  SwiGLU(A, B)}
 *
 * <p>A and B are proven to have one shape, whatever computes them (quantized or adapted projections, for instance), and
 * nothing outside reads what lies between.
 */
public final class FuseActivation implements RewriteRule {

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
        Set<NodeRef> nodes = new LinkedHashSet<>(product.gate().nodes());
        nodes.add(product.product());
        Optional<String> obstacle = Unfit.biased(product.gate()).or(() -> mismatch(product, view))
                .or(() -> Unfit.untyped(product.gate().input(), element(product, view)))
                .or(() -> Removal.obstacle(nodes, product.product()));
        return Result.unless(obstacle, () -> fuse(product, nodes, view));
    }

    private static Optional<String> mismatch(GatedProduct product, ModelView view) {
        ValueType gate = view.types().of(product.scope(), product.gate().input());
        ValueType up = view.types().of(product.scope(), product.up());
        return view.types().haveSameShape(product.scope(), product.gate().input(), product.up()) ? Optional.empty()
                : Optional.of("'" + product.gate().input() + "' " + gate.shape() + " and '" + product.up() + "' " + up.shape()
                        + " are not known to have one shape, and SwiGLU does not broadcast;"
                        + " if they do have one, run shape inference on the model first.");
    }

    private Rewrite fuse(GatedProduct product, Set<NodeRef> nodes, ModelView view) {
        ElementType element = element(product, view);
        NodeProto replacement = Replacement.node(product.product(), operator(), List.of(product.gate().input(), product.up()),
                product.attributes());
        return new Rewrite(product.product(), replacement, nodes,
                PortableFunction.of(replacement, element, view.index().opset("")), form(product), element,
                columnsOfX(product, view), boxed(view.types().of(product.scope(), product.gate().input()).last()));
    }

    private static ElementType element(GatedProduct product, ModelView view) {
        ElementType up = view.types().of(product.scope(), product.up()).element();
        return view.types().of(product.scope(), product.gate().input()).element().or(up);
    }

    private static String form(GatedProduct product) {
        return product.scope().producer(product.gate().input()).map(node -> node.node().getOpType() + ", ").orElse("")
                + product.gate().form();
    }

    private static Long columnsOfX(GatedProduct product, ModelView view) {
        return product.scope().producer(product.gate().input())
                .map(node -> boxed(view.types().of(node.scope(), node.input(0)).last())).orElse(null);
    }

    private static Long boxed(OptionalLong number) {
        return number.isPresent() ? number.getAsLong() : null;
    }
}
