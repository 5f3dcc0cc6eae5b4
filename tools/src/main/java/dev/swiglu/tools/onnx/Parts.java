package dev.swiglu.tools.onnx;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a Split makes of one axis.
 *
 * @param axis counted from the end
 * @param count how many there are
 * @param sizes of the parts; empty where they are only known to be equal
 */
public record Parts(Shape whole, int axis, int count, List<Long> sizes) {

    /** Empty where the parts may differ in ways that are not known. */
    public static Optional<Parts> ofSplit(NodeRef node, Shape shape, IntegerValues integers) {
        int given = (int) Attributes.integer(node.node(), "axis", 0);
        if (given >= 0 && !shape.isRankKnown() || Math.max(given, -1 - given) >= shape.sizes().size()) {
            return Optional.empty();
        }
        int axis = given < 0 ? given : given - shape.rank();
        long whole = shape.size(shape.sizes().size() + axis).orElse(-1);
        int count = node.node().getOutputCount();
        List<Long> sizes = Attributes.integers(node.node(), "split");
        if (!node.input(1).isEmpty()) {
            sizes = integers.of(node.scope(), node.input(1)).orElse(List.of());
            if (sizes.size() != count) {
                return Optional.empty();
            }
        }
        boolean mayBeUneven = Attributes.find(node.node(), "num_outputs").isPresent() && (whole < 0 || whole % count != 0);
        if (sizes.isEmpty() && mayBeUneven || !sizes.isEmpty() && sizes.size() != count) {
            return Optional.empty();
        }
        if (sizes.isEmpty() && whole >= 0) {
            sizes = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                sizes.add(whole / count);
            }
        }
        return Optional.of(new Parts(shape, axis, count, List.copyOf(sizes)));
    }

    /** The shape that a Slice of one axis leaves. */
    static Optional<Shape> ofSlice(NodeRef node, Shape shape, IntegerValues integers, String value) {
        return Cut.of(node, integers, shape.rank()).flatMap(cut -> {
            int place = shape.sizes().size() + cut.axis();
            if (cut.axis() >= 0 || place < 0) {
                return Optional.empty();
            }
            long whole = shape.size(place).orElse(-1);
            List<String> sizes = new ArrayList<>(shape.sizes());
            sizes.set(place, whole >= 0 ? String.valueOf(cut.count(whole)) : "?" + place + " of " + value);
            return Optional.of(new Shape(shape.rows(), sizes));
        });
    }

    /** Whether both are the halves of the last axis. */
    public boolean areHalves() {
        return axis == -1 && count == 2 && (sizes.isEmpty() || sizes.get(0).equals(sizes.get(1)));
    }

    Shape shape(int part, String value) {
        List<String> changed = new ArrayList<>(whole.sizes());
        int place = changed.size() + axis;
        changed.set(place, sizes.isEmpty() ? changed.get(place) + " / " + count : String.valueOf(sizes.get(part)));
        return new Shape(whole.rows(), changed);
    }
}
