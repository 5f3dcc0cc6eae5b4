package dev.swiglu.tools.rewrite.pattern;

import dev.swiglu.tools.onnx.Attributes;
import dev.swiglu.tools.onnx.NodeRef;
import dev.swiglu.tools.onnx.Scope;
import dev.swiglu.tools.onnx.Shape;
import dev.swiglu.tools.onnx.ValueTypes.ValueType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Recognizes a {@link Projection} by walking backwards from its result:
 * {@code [Reshape ·] [Add(·, b)] · {MatMul | Gemm | FusedMatMul}(X, {W | Transpose(W)}) [· Reshape]}, Identity anywhere.
 */
final class ProjectionPattern {
    private final ModelView view;
    private final Scope scope;
    private final List<NodeRef> nodes = new ArrayList<>();
    private final List<NodeRef> feeders = new ArrayList<>();
    private String bias;
    private String form = "";
    private NodeRef outerReshape;

    ProjectionPattern(ModelView view, Scope scope, String bias) {
        this.bias = bias;
        this.view = view;
        this.scope = scope;
    }

    Result<Projection> endingAt(String result) {
        String value = result;
        while (true) {
            Optional<NodeRef> producer = scope.producer(value);
            if (producer.isEmpty()) {
                return Result.declined("'" + value + "' is not computed by a MatMul or Gemm; it is an input of the graph.");
            }
            NodeRef node = producer.get();
            if (node.scope() != scope) {
                return Result.declined(node.describe() + " stands outside of the body that uses it; it would have to move in.");
            }
            nodes.add(node);
            if (node.is("Identity")) {
                value = node.input(0);
            } else if (node.is("Reshape") && outerReshape == null) {
                outerReshape = node;
                value = node.input(0);
            } else if (node.is("Add") && bias.isEmpty() && biasOperand(node) >= 0) {
                int operand = biasOperand(node);
                bias = node.input(operand);
                form = "+Add";
                value = node.input(1 - operand);
            } else {
                return product(node, result);
            }
        }
    }

    /** Which operand of an Add is a bias: a vector that is a constant or a graph input, not something computed. */
    private int biasOperand(NodeRef add) {
        for (int operand : new int[] {1, 0}) {
            String value = add.input(operand);
            if (isGiven(value) && view.types().of(scope, value).shape().rank() == 1) {
                return operand;
            }
        }
        return -1;
    }

    private Result<Projection> product(NodeRef node, String result) {
        if (node.is("MatMul")) {
            return weighted(node, false, result);
        }
        if (node.is("Gemm")) {
            return gemm(node, result);
        }
        if (node.is("com.microsoft", "FusedMatMul")) {
            boolean plain = Attributes.real(node.node(), "alpha", 1) == 1
                    && Attributes.integer(node.node(), "transA", 0) == 0
                    && Attributes.integer(node.node(), "transBatchA", 0) == 0
                    && Attributes.integer(node.node(), "transBatchB", 0) == 0;
            return plain ? weighted(node, Attributes.integer(node.node(), "transB", 0) != 0, result)
                    : Result.declined(node.describe() + " scales or transposes more than W; only transB can be fused.");
        }
        return Result.declined(node.describe() + " is not a MatMul or Gemm with a floating-point weight.");
    }

    private Result<Projection> gemm(NodeRef node, String result) {
        boolean plain = Attributes.real(node.node(), "alpha", 1) == 1 && Attributes.integer(node.node(), "transA", 0) == 0;
        float beta = Attributes.real(node.node(), "beta", 1);
        String c = node.input(2);
        if (!plain || beta != 1 && !c.isEmpty()) {
            return Result.declined(node.describe() + " has alpha, beta or transA;"
                    + " only alpha = beta = 1 without transA can be fused.");
        }
        if (!c.isEmpty()) {
            if (!bias.isEmpty()) {
                return Result.declined(node.describe() + " adds a bias, and so does the Add behind it; only one can be fused.");
            }
            bias = c;
        }
        return weighted(node, Attributes.integer(node.node(), "transB", 0) != 0, result);
    }

    private Result<Projection> weighted(NodeRef node, boolean transB, String result) {
        String weight = source(node.input(1));
        boolean transposed = transB;
        boolean behindTranspose = false;
        Optional<NodeRef> transpose = transpose(weight);
        while (transpose.isPresent()) {
            behindTranspose = true;
            transposed ^= !Attributes.integers(transpose.get().node(), "perm").equals(List.of(0L, 1L));
            feed(transpose.get());
            weight = source(transpose.get().input(0));
            transpose = transpose(weight);
        }
        String spelled = (behindTranspose ? "Transpose+" : "") + node.node().getOpType() + form;
        if (!isGiven(weight)) {
            return Result.declined("The weight '" + weight + "' of " + node.describe() + " is computed"
                    + scope.producer(weight).map(producer -> " by " + producer.describe()).orElse("")
                    + "; it would have to be an initializer or a graph input.");
        }
        ValueType type = view.types().of(scope, weight);
        if (type.shape().rank() != 2 || type.shape().size(0).isEmpty() || type.shape().size(1).isEmpty()) {
            return Result.declined("The weight '" + weight + "' of " + node.describe() + " has shape " + type.shape()
                    + "; a fused operator needs a matrix [K, N] of known size.");
        }
        long k = type.shape().size(transposed ? 1 : 0).getAsLong();
        long n = type.shape().size(transposed ? 0 : 1).getAsLong();
        return biased(node, new Projection(source(node.input(0)), weight, bias, transposed, k, n, type.element(), nodes, feeders,
                spelled), result);
    }

    private Result<Projection> biased(NodeRef node, Projection projection, String result) {
        if (projection.hasBias()) {
            ValueType type = view.types().of(scope, projection.bias());
            boolean fits = isGiven(projection.bias()) && type.shape().equals(Shape.of(List.of(projection.n())))
                    && type.element() == projection.element();
            if (!fits) {
                return Result.declined("The bias '" + projection.bias() + "' of " + node.describe() + " is "
                        + type.element().label() + type.shape() + "; a fused operator needs "
                        + projection.element().label() + "[" + projection.n() + "].");
            }
        }
        return outerReshape == null ? Result.match(projection) : unwrapped(projection, result);
    }

    /** Reshape · MatMul · Reshape is a product of the original X when it gives back the rows that X had. */
    private Result<Projection> unwrapped(Projection inner, String result) {
        Optional<NodeRef> reshape = scope.ownProducer(inner.x()).filter(node -> node.is("Reshape"));
        if (reshape.isPresent()) {
            String x = source(reshape.get().input(0));
            Shape given = view.types().of(scope, x).shape();
            Shape made = view.types().of(scope, result).shape();
            boolean keepsColumns = given.last().isPresent() && given.last().getAsLong() == inner.k()
                    && made.last().isPresent() && made.last().getAsLong() == inner.n();
            if (keepsColumns && given.sameRows(made)) {
                feed(reshape.get());
                return Result.match(new Projection(x, inner.weight(), inner.bias(), inner.transB(), inner.k(), inner.n(),
                        inner.element(), nodes, feeders, "Reshape+" + inner.form()));
            }
        }
        return Result.declined(outerReshape.describe() + " changes the shape of the product, and the shapes in the model do not"
                + " prove that it gives back the rows of X; run shape inference on the model first.");
    }

    private Optional<NodeRef> transpose(String value) {
        return scope.producer(value).filter(node -> node.is("Transpose"))
                .filter(node -> view.types().of(scope, node.input(0)).shape().rank() == 2);
    }

    /** The value before the Identity nodes that hand it on. */
    private String source(String value) {
        String source = value;
        Optional<NodeRef> producer = scope.producer(source);
        while (producer.isPresent() && producer.get().is("Identity")) {
            feed(producer.get());
            source = producer.get().input(0);
            producer = scope.producer(source);
        }
        return source;
    }

    /** What stands in an enclosing graph is read past, and stays. */
    private void feed(NodeRef node) {
        if (node.scope() == scope) {
            feeders.add(node);
        }
    }

    /** Handed to the graph rather than computed by it. */
    private boolean isGiven(String value) {
        String source = SameValue.withoutIdentity(scope, value);
        return scope.initializer(source).isPresent() || scope.input(source).isPresent()
                || scope.producer(source).filter(node -> node.is("Constant")).isPresent();
    }
}
