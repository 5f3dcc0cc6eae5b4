package dev.swiglu.tools.rewrite.pattern;

import dev.swiglu.tools.onnx.Attributes;
import dev.swiglu.tools.onnx.GraphIndex;
import dev.swiglu.tools.onnx.NodeRef;
import dev.swiglu.tools.onnx.Scope;
import dev.swiglu.tools.onnx.TensorData;
import java.util.Arrays;
import java.util.Optional;

/**
 * Whether two names surely stand for the same numbers: one name, a copy by Identity, or the same Reshape or Cast of the
 * same value. PyTorch's dynamo exporter reshapes X once for the gate and once for the up projection.
 */
public final class SameValue {
    private SameValue() {
    }

    public static boolean test(GraphIndex index, Scope scope, String left, String right) {
        String a = withoutIdentity(scope, left);
        String b = withoutIdentity(scope, right);
        while (!a.equals(b)) {
            Optional<NodeRef> first = scope.producer(a);
            Optional<NodeRef> second = scope.producer(b);
            if (first.isEmpty() || second.isEmpty() || !sameOperation(index, first.get(), second.get())) {
                return false;
            }
            a = withoutIdentity(scope, first.get().input(0));
            b = withoutIdentity(scope, second.get().input(0));
        }
        return true;
    }

    static String withoutIdentity(Scope scope, String value) {
        String source = value;
        Optional<NodeRef> producer = scope.producer(source);
        while (producer.isPresent() && producer.get().is("Identity")) {
            source = producer.get().input(0);
            producer = scope.producer(source);
        }
        return source;
    }

    private static boolean sameOperation(GraphIndex index, NodeRef first, NodeRef second) {
        if (first.is("Cast") && second.is("Cast")) {
            return Attributes.integer(first.node(), "to", 0) == Attributes.integer(second.node(), "to", 0);
        }
        return first.is("Reshape") && second.is("Reshape")
                && Attributes.integer(first.node(), "allowzero", 0) == Attributes.integer(second.node(), "allowzero", 0)
                && sameNumbers(index, first, second);
    }

    private static boolean sameNumbers(GraphIndex index, NodeRef first, NodeRef second) {
        if (first.input(1).equals(second.input(1))) {
            return true;
        }
        Optional<TensorData> left = index.constant(first.scope(), first.input(1));
        Optional<TensorData> right = index.constant(second.scope(), second.input(1));
        return left.isPresent() && right.isPresent() && Arrays.equals(left.get().longs(), right.get().longs());
    }
}
