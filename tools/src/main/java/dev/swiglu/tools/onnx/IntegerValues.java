package dev.swiglu.tools.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongBinaryOperator;
import java.util.function.Supplier;

/**
 * Integers that a graph computes with, as far as they follow from constants and known shapes: bounds of slices, sizes of
 * splits. PyTorch's TorchScript exporter computes those at run time, from the shape of what is cut.
 */
public final class IntegerValues {
    private static final int DEEPEST = 24;
    private static final int MOST = 64;

    private final GraphIndex index;
    private final ValueTypes types;
    private final Map<NodeRef, Optional<List<Long>>> computed = new HashMap<>();

    public IntegerValues(GraphIndex index, ValueTypes types) {
        this.index = index;
        this.types = types;
    }

    /** The elements of {@code value}, a scalar or a vector; empty when one of them is not known. */
    public Optional<List<Long>> of(Scope scope, String value) {
        return find(scope, value, 0).filter(list -> !list.contains(null));
    }

    /** Null stands for an element that is not known. */
    private Optional<List<Long>> find(Scope scope, String value, int depth) {
        if (value.isEmpty() || depth > DEEPEST) {
            return Optional.empty();
        }
        Optional<List<Long>> constant = index.constant(scope, value)
                .filter(data -> data.count() <= MOST && data.rank() <= 1 && data.type().isInteger())
                .map(data -> Arrays.stream(data.longs()).boxed().toList());
        return constant.or(() -> scope.producer(value).flatMap(node -> {
            Optional<List<Long>> known = computed.get(node);
            if (known == null) {
                known = computed(node, depth + 1);
                computed.put(node, known);
            }
            return known;
        }));
    }

    private Optional<List<Long>> computed(NodeRef node, int depth) {
        Supplier<Optional<List<Long>>> first = () -> find(node.scope(), node.input(0), depth);
        return switch (node.is(node.node().getOpType()) ? node.node().getOpType() : "") {
            case "Shape" -> shape(node);
            case "Identity", "Unsqueeze", "Squeeze", "Cast", "Reshape" -> first.get();
            case "Add" -> combined(node, depth, Math::addExact);
            case "Sub" -> combined(node, depth, Math::subtractExact);
            case "Mul" -> combined(node, depth, Math::multiplyExact);
            case "Div" -> combined(node, depth, (a, b) -> a / b);
            case "Concat" -> concatenated(node, depth);
            case "Gather" -> first.get().flatMap(list -> of(node.scope(), node.input(1)).map(places -> at(list, places)));
            case "Slice" -> first.get().flatMap(list -> sliced(node, list));
            default -> Optional.empty();
        };
    }

    private Optional<List<Long>> shape(NodeRef node) {
        Shape shape = types.of(node.scope(), node.input(0)).shape();
        boolean whole = Attributes.integer(node.node(), "start", 0) == 0 && Attributes.find(node.node(), "end").isEmpty();
        if (!whole) {
            return Optional.empty();
        }
        List<Long> sizes = new ArrayList<>();
        if (!shape.isRankKnown()) {
            // the last size may still be known; so many unknown ones before it that only counting from the end leads there
            sizes.addAll(Collections.nCopies(MOST, null));
            sizes.add(shape.last().isPresent() ? shape.last().getAsLong() : null);
            return Optional.of(sizes);
        }
        for (int i = 0; i < shape.rank(); i++) {
            sizes.add(shape.size(i).isPresent() ? shape.size(i).getAsLong() : null);
        }
        return Optional.of(sizes);
    }

    private Optional<List<Long>> combined(NodeRef node, int depth, LongBinaryOperator operator) {
        return find(node.scope(), node.input(0), depth).flatMap(left -> find(node.scope(), node.input(1), depth).flatMap(right -> {
            int size = Math.max(left.size(), right.size());
            if (left.size() != size && left.size() != 1 || right.size() != size && right.size() != 1) {
                return Optional.empty();
            }
            List<Long> result = new ArrayList<>();
            for (int i = 0; i < size; i++) {
                result.add(combined(left.get(left.size() == 1 ? 0 : i), right.get(right.size() == 1 ? 0 : i), operator));
            }
            return Optional.of(result);
        }));
    }

    private static Long combined(Long left, Long right, LongBinaryOperator operator) {
        try {
            return left == null || right == null ? null : operator.applyAsLong(left, right);
        } catch (ArithmeticException notANumber) {
            return null;
        }
    }

    private Optional<List<Long>> concatenated(NodeRef node, int depth) {
        List<Long> result = new ArrayList<>();
        for (String input : node.node().getInputList()) {
            Optional<List<Long>> part = find(node.scope(), input, depth);
            if (part.isEmpty() || result.size() + part.get().size() > MOST) {
                return Optional.empty();
            }
            result.addAll(part.get());
        }
        return Optional.of(result);
    }

    private static List<Long> at(List<Long> list, List<Long> places) {
        List<Long> result = new ArrayList<>();
        for (long place : places) {
            long positive = place < 0 ? place + list.size() : place;
            result.add(positive >= 0 && positive < list.size() ? list.get((int) positive) : null);
        }
        return result;
    }

    private Optional<List<Long>> sliced(NodeRef node, List<Long> list) {
        Optional<Cut> cut = Cut.of(node, this, 1);
        return cut.filter(slice -> slice.step() == 1).map(slice -> {
            int from = (int) slice.from(list.size());
            int to = (int) slice.to(list.size());
            return from < to ? list.subList(from, to) : Collections.<Long>emptyList();
        });
    }
}
