package dev.swiglu.tools.onnx;

import java.util.List;
import java.util.Optional;

/**
 * A Slice of one axis with known bounds.
 *
 * @param axis counted from the end where it is negative
 * @param start as {@code end} as ONNX has it: counted from the end where it is negative, and cut off where it is too large
 */
public record Cut(int axis, long start, long end, long step) {

    /** @param rank of what is cut, or -1 when it is not known */
    public static Optional<Cut> of(NodeRef node, IntegerValues integers, int rank) {
        if (!node.is("Slice")) {
            return Optional.empty();
        }
        boolean byAttribute = node.node().getInputCount() == 1;
        Optional<List<Long>> starts = byAttribute ? attribute(node, "starts") : integers.of(node.scope(), node.input(1));
        Optional<List<Long>> ends = byAttribute ? attribute(node, "ends") : integers.of(node.scope(), node.input(2));
        Optional<List<Long>> axes = byAttribute ? attribute(node, "axes") : optional(node, integers, 3, 0);
        Optional<List<Long>> steps = byAttribute ? Optional.of(List.of(1L)) : optional(node, integers, 4, 1);
        boolean known = List.of(starts, ends, axes, steps).stream().allMatch(list -> list.isPresent() && list.get().size() == 1);
        if (!known || steps.get().get(0) < 1) {
            return Optional.empty();
        }
        int axis = Math.toIntExact(Math.max(Integer.MIN_VALUE, Math.min(Integer.MAX_VALUE, axes.get().get(0))));
        return Optional.of(new Cut(rank > 0 && axis >= 0 ? axis - rank : axis, starts.get().get(0), ends.get().get(0),
                steps.get().get(0)));
    }

    /** The first place that is taken of {@code size}. */
    public long from(long size) {
        return place(start, size);
    }

    /** The place before which it ends. */
    public long to(long size) {
        return place(end, size);
    }

    /** How many places are taken of {@code size}. */
    public long count(long size) {
        return Math.max(0, (to(size) - from(size) + step - 1) / step);
    }

    private static long place(long bound, long size) {
        return Math.max(0, Math.min(size, bound < 0 ? bound + size : bound));
    }

    /** An input that may be left out; then it is {@code whenAbsent} everywhere. */
    private static Optional<List<Long>> optional(NodeRef node, IntegerValues integers, int input, long whenAbsent) {
        return node.input(input).isEmpty() ? Optional.of(List.of(whenAbsent)) : integers.of(node.scope(), node.input(input));
    }

    private static Optional<List<Long>> attribute(NodeRef node, String name) {
        List<Long> given = Attributes.integers(node.node(), name);
        return Optional.of(given.isEmpty() && name.equals("axes") ? List.of(0L) : given);
    }
}
