package dev.swiglu.tools.onnx;

import ai.onnx.proto.OnnxMl.NodeProto;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/** Shapes of the results of operators that move, drop or add dimensions. A dimension that is not known equals only itself. */
final class ShapeRules {
    /** More dimensions than any tensor has; a rule that follows a hostile model further than this would not come to an end. */
    static final int MOST_DIMENSIONS = 64;

    private ShapeRules() {
    }

    /** The batch dimensions of a product of two tensors of known rank, broadcast, and its matrix. */
    static Optional<Shape> batchedProduct(Shape a, Shape b, String value) {
        if (a.rank() < 2 || b.rank() < 2) {
            return Optional.empty();
        }
        List<String> left = a.sizes().subList(0, a.rank() - 2);
        List<String> right = b.sizes().subList(0, b.rank() - 2);
        List<String> sizes = new ArrayList<>();
        int batch = Math.max(left.size(), right.size());
        for (int i = 0; i < batch; i++) {
            sizes.add(broadcast(fromEnd(left, batch - i), fromEnd(right, batch - i), unknown(i, value)));
        }
        sizes.add(a.sizes().get(a.rank() - 2));
        sizes.add(b.sizes().get(b.rank() - 1));
        return Optional.of(new Shape(null, sizes));
    }

    static Optional<Shape> broadcast(Shape a, Shape b, String value) {
        if (!a.isRankKnown() || !b.isRankKnown()) {
            return Optional.empty();
        }
        List<String> sizes = new ArrayList<>();
        int rank = Math.max(a.rank(), b.rank());
        for (int i = 0; i < rank; i++) {
            sizes.add(broadcast(fromEnd(a.sizes(), rank - i), fromEnd(b.sizes(), rank - i), unknown(i, value)));
        }
        return Optional.of(new Shape(null, sizes));
    }

    /** @param axes empty where they are not known; an empty list means all */
    static Optional<Shape> reduced(NodeProto node, Shape shape, Optional<List<Long>> axes, String value) {
        boolean keeps = Attributes.integer(node, "keepdims", 1) == 1;
        boolean noop = Attributes.integer(node, "noop_with_empty_axes", 0) == 1;
        if (axes.isEmpty() || noop || !shape.isRankKnown() && (keeps || !axes.get().isEmpty())) {
            return Optional.empty();
        }
        if (axes.get().isEmpty()) {
            return Optional.of(Shape.of(keeps ? Collections.nCopies(shape.rank(), 1L) : List.of()));
        }
        List<String> sizes = new ArrayList<>();
        for (int i = 0; i < shape.rank(); i++) {
            boolean gone = axes.get().contains((long) i) || axes.get().contains((long) i - shape.rank());
            if (!gone || keeps) {
                sizes.add(gone ? "1" : shape.sizes().get(i));
            }
        }
        return Optional.of(new Shape(null, sizes));
    }

    /** Reshape to a constant shape, in which 0 keeps a size and -1 stands for one that follows from the others. */
    static Optional<Shape> reshaped(Shape shape, Optional<List<Long>> target, String value) {
        boolean flattened = shape.rank() == 1 && target.equals(Optional.of(List.of(-1L)));
        return flattened ? Optional.of(shape) : target.map(wanted -> {
            List<String> sizes = new ArrayList<>();
            for (int i = 0; i < wanted.size(); i++) {
                boolean copied = wanted.get(i) == 0 && shape.isRankKnown() && i < shape.rank();
                sizes.add(copied ? shape.sizes().get(i) : wanted.get(i) > 0 ? String.valueOf(wanted.get(i)) : unknown(i, value));
            }
            return new Shape(null, sizes);
        });
    }

    static Shape flattened(String value) {
        return new Shape(null, List.of(unknown(0, value), unknown(1, value)));
    }

    static Optional<Shape> transposed(NodeProto node, Shape shape) {
        if (!shape.isRankKnown()) {
            return Optional.empty();
        }
        List<Long> permutation = Attributes.integers(node, "perm");
        List<String> sizes = new ArrayList<>(shape.sizes());
        boolean valid = permutation.stream().sorted().toList().equals(LongStream.range(0, shape.rank()).boxed().toList());
        if (!valid && !permutation.isEmpty()) {
            return Optional.empty();
        }
        if (permutation.isEmpty()) {
            Collections.reverse(sizes);
        } else {
            for (int i = 0; i < sizes.size(); i++) {
                sizes.set(i, shape.sizes().get(permutation.get(i).intValue()));
            }
        }
        return Optional.of(new Shape(null, sizes));
    }

    static Optional<Shape> unsqueezed(Shape shape, Optional<List<Long>> axes) {
        if (!shape.isRankKnown() || axes.isEmpty()) {
            return Optional.empty();
        }
        int rank = shape.rank() + axes.get().size();
        List<Long> places = axes.get().stream().map(axis -> axis < 0 ? axis + rank : axis).sorted().toList();
        if (places.stream().distinct().count() < places.size() || places.stream().anyMatch(place -> place < 0 || place >= rank)) {
            return Optional.empty();
        }
        List<String> sizes = new ArrayList<>(shape.sizes());
        places.forEach(place -> sizes.add(place.intValue(), "1"));
        return Optional.of(new Shape(null, sizes));
    }

    static Optional<Shape> squeezed(Shape shape, Optional<List<Long>> axes) {
        if (!shape.isRankKnown() || axes.isEmpty() || axes.get().isEmpty()) {
            return Optional.empty();
        }
        List<String> sizes = new ArrayList<>();
        for (int i = 0; i < shape.rank(); i++) {
            if (!axes.get().contains((long) i) && !axes.get().contains((long) i - shape.rank())) {
                sizes.add(shape.sizes().get(i));
            }
        }
        return Optional.of(new Shape(null, sizes));
    }

    /** The shape of {@code data} with axis 0 replaced by the dimensions of the indices. */
    static Optional<Shape> gathered(NodeProto node, Shape data, Shape indices) {
        if (Attributes.integer(node, "axis", 0) != 0 || data.rank() < 1 || !indices.isRankKnown()) {
            return Optional.empty();
        }
        List<String> sizes = new ArrayList<>(indices.sizes());
        sizes.addAll(data.sizes().subList(1, data.rank()));
        return Optional.of(new Shape(null, sizes));
    }

    static Shape vector(String value) {
        return ofRank(1, value);
    }

    /** A vector with one element for each dimension. */
    static Shape ofShape(Shape shape, String value) {
        return new Shape(null, List.of(shape.isRankKnown() ? String.valueOf(shape.rank()) : unknown(0, value)));
    }

    /** What is shaped by a vector of sizes: as many dimensions as that has elements. */
    static Optional<Shape> sized(Shape vector, String value) {
        return vector.rank() == 1 && vector.last().orElse(Long.MAX_VALUE) <= MOST_DIMENSIONS
                ? Optional.of(ofRank((int) vector.last().getAsLong(), value)) : Optional.empty();
    }

    static Optional<Shape> ofSameRank(Shape shape, String value) {
        return shape.isRankKnown() ? Optional.of(ofRank(shape.rank(), value)) : Optional.empty();
    }

    private static Shape ofRank(int rank, String value) {
        return new Shape(null, IntStream.range(0, rank).mapToObj(i -> unknown(i, value)).toList());
    }

    /** Tensors side by side. */
    static Optional<Shape> joined(NodeProto node, List<Shape> parts, String value) {
        if (parts.isEmpty()) {
            return Optional.empty();
        }
        Optional<Shape> shape = alongAxis(node, parts.get(0), value);
        boolean vectors = parts.stream().allMatch(part -> part.rank() == 1 && part.last().isPresent());
        return vectors ? Optional.of(Shape.of(List.of(parts.stream().mapToLong(part -> part.last().getAsLong()).sum()))) : shape;
    }

    /** A part of a tensor along one axis. */
    static Optional<Shape> alongAxis(NodeProto node, Shape shape, String value) {
        long axis = Attributes.integer(node, "axis", 0);
        if (!shape.isRankKnown() || axis >= shape.rank() || axis < -shape.rank()) {
            return Optional.empty();
        }
        int place = (int) (axis < 0 ? axis + shape.rank() : axis);
        List<String> sizes = new ArrayList<>(shape.sizes());
        sizes.set(place, unknown(place, value));
        return Optional.of(new Shape(null, sizes));
    }

    /** A loss over classes: one number, or one for each label. */
    static Shape loss(NodeProto node, Shape labels) {
        boolean each = Attributes.text(node, "reduction", "mean").equals("none");
        return each ? labels : Shape.of(List.of());
    }

    private static String broadcast(String a, String b, String unknown) {
        return a.equals(b) || b.equals("1") ? a : a.equals("1") ? b
                : isNumber(a) ? a : isNumber(b) ? b : unknown;
    }

    private static boolean isNumber(String size) {
        return size.matches("[0-9]+");
    }

    private static String fromEnd(List<String> sizes, int back) {
        return back <= sizes.size() ? sizes.get(sizes.size() - back) : "1";
    }

    private static String unknown(int place, String value) {
        return "?" + place + " of " + value;
    }
}
