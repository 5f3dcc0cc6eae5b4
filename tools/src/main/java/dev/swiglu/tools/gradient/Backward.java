package dev.swiglu.tools.gradient;

import dev.swiglu.tools.ToolException;
import dev.swiglu.tools.onnx.ElementType;
import dev.swiglu.tools.onnx.GraphIndex;
import dev.swiglu.tools.onnx.NodeRef;
import dev.swiglu.tools.onnx.Shape;
import dev.swiglu.tools.portable.GraphWriter;
import java.util.Optional;

/**
 * One node of the forward graph on the way back: what a rule may ask, and where it puts its answers. The gradient of a value has
 * the value's type and shape.
 */
public final class Backward {
    private final Differentiation walk;
    private final NodeRef node;

    Backward(Differentiation walk, NodeRef node) {
        this.walk = walk;
        this.node = node;
    }

    public NodeRef node() {
        return node;
    }

    public String input(int place) {
        return node.input(place);
    }

    /** The value that the forward node makes at this place; it is made to compute it where it did not so far. */
    public String output(int place) {
        return walk.output(node, place);
    }

    /** The gradient of the first output, where no other one has any. */
    public String upstream() {
        for (int output = 1; output < node.node().getOutputCount(); output++) {
            if (upstream(output).isPresent()) {
                throw refusal("its output '" + node.output(output) + "' is read on a path to the differentiated output,"
                        + " and only the first passes gradients");
            }
        }
        return upstream(0).orElseThrow(() -> refusal("only its first output has a gradient here"));
    }

    public Optional<String> upstream(int output) {
        return walk.gradient(node.output(output));
    }

    public boolean wants(int input) {
        return walk.wants(node, input);
    }

    public void give(int input, String gradient) {
        walk.contribute(node.input(input), gradient);
    }

    public GraphWriter write() {
        return walk.writer();
    }

    public GraphIndex index() {
        return walk.index();
    }

    /** Whether saved intermediate values are to be computed again instead. */
    public boolean recomputes() {
        return walk.recomputes();
    }

    public Shape shape(String value) {
        return walk.types().of(node.scope(), value).shape();
    }

    /** The element type of a value, which must be known where a constant of it is needed. */
    public ElementType element(String value) {
        ElementType element = walk.types().of(node.scope(), value).element();
        if (!element.isComputable()) {
            throw refusal("the element type of '" + value + "' is not known to be a floating-point one;"
                    + " run shape inference on the model first");
        }
        return element;
    }

    /** Number of dimensions of a value, which must be known. */
    public int rank(String value) {
        int rank = shape(value).rank();
        if (rank < 0) {
            throw refusal("the rank of '" + value + "' is not known; run shape inference on the model first");
        }
        return rank;
    }

    /** A constant of the element type of {@code like}. */
    public String scalar(String like, double value) {
        return write().scalar(element(like), value);
    }

    public ToolException refusal(String why) {
        return walk.refusal(node, why);
    }
}
