package dev.swiglu.tools.rewrite.pattern;

import dev.swiglu.tools.onnx.ElementType;
import dev.swiglu.tools.onnx.NodeRef;
import dev.swiglu.tools.onnx.Scope;
import java.util.List;

/**
 * {@code X·W + b}, or {@code X·Wᵀ + b} with transB: what computes the gate or the up half of a gated MLP.
 *
 * @param bias the value of b[N]; empty when there is none
 * @param k rows of W as the product uses it
 * @param n columns of W as the product uses it
 * @param nodes the nodes between X and the result, which a fused operator makes superfluous
 * @param feeders nodes that prepare X or W and become superfluous when nobody else reads them
 * @param form how the graph spells it
 */
public record Projection(String x, String weight, String bias, boolean transB, long k, long n, ElementType element,
        List<NodeRef> nodes, List<NodeRef> feeders, String form) {

    public Projection {
        nodes = List.copyOf(nodes);
        feeders = List.copyOf(feeders);
    }

    /** The projection that computes {@code value}, or why it is not one. */
    public static Result<Projection> of(ModelView view, Scope scope, String value) {
        return of(view, scope, value, "");
    }

    /** @param bias what is added to {@code value} behind it; empty when nothing is */
    public static Result<Projection> of(ModelView view, Scope scope, String value, String bias) {
        return new ProjectionPattern(view, scope, bias).endingAt(value);
    }

    public boolean hasBias() {
        return !bias.isEmpty();
    }
}
