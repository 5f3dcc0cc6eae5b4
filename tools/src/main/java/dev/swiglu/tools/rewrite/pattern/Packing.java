package dev.swiglu.tools.rewrite.pattern;

import dev.swiglu.tools.onnx.Attributes;
import dev.swiglu.tools.onnx.Cut;
import dev.swiglu.tools.onnx.IntegerValues;
import dev.swiglu.tools.onnx.NodeRef;
import dev.swiglu.tools.onnx.Parts;
import dev.swiglu.tools.onnx.Scope;
import dev.swiglu.tools.onnx.Shape;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * One tensor [..., 2N] that holds gate and up.
 *
 * @param packed the tensor
 * @param layout value of the attribute {@code layout}: where the halves lie
 * @param nodes those that take it apart, which a packed operator makes superfluous
 */
public record Packing(String packed, String layout, Set<NodeRef> nodes) {

    /** How {@code gate} and {@code up} are cut out of one tensor, or why they are not. */
    public static Result<Packing> of(ModelView view, Scope scope, String gate, String up) {
        return new Unpacking(view, scope).of(gate, up);
    }

    /** Where one value comes from: {@code place} 0 or 1, of two halves that lie beside each other or alternate. */
    private record Half(String packed, int place, boolean interleaved, Set<NodeRef> nodes) {
    }

    private record Unpacking(ModelView view, Scope scope) {

        Result<Packing> of(String gate, String up) {
            Optional<Half> first = half(gate);
            Optional<Half> second = half(up);
            if (first.isEmpty() && second.isEmpty() && cutter(gate).isEmpty()) {
                return Result.declined("");
            }
            if (first.isEmpty() || second.isEmpty()) {
                return Result.declined(cutter(first.isEmpty() ? gate : up).map(NodeRef::describe).orElse("'" + up + "'")
                        + " is not known to give one half of a tensor, [:N], [N:], [::2] or [1::2] of its last dimension.");
            }
            Half g = first.get();
            Half u = second.get();
            if (!SameValue.test(view.index(), scope, g.packed(), u.packed()) || g.place() == u.place()
                    || g.interleaved() != u.interleaved()) {
                return Result.declined("'" + gate + "' and '" + up + "' are not the two halves of one tensor.");
            }
            if (g.interleaved() && g.place() == 1) {
                return Result.declined("'" + gate + "' lies at the odd places of '" + g.packed()
                        + "'; an interleaved gate would have to lie at the even ones.");
            }
            Set<NodeRef> nodes = new LinkedHashSet<>(g.nodes());
            nodes.addAll(u.nodes());
            String layout = g.interleaved() ? "interleaved" : g.place() == 0 ? "concat" : "concat_swapped";
            return Result.match(new Packing(g.packed(), layout, nodes));
        }

        private Optional<NodeRef> cutter(String value) {
            return scope.ownProducer(SameValue.withoutIdentity(scope, value))
                    .filter(node -> node.is("Split") || node.is("Slice") || node.is("Gather"));
        }

        private Optional<Half> half(String value) {
            Set<NodeRef> nodes = new LinkedHashSet<>();
            String source = value;
            Optional<NodeRef> producer = scope.ownProducer(source);
            while (producer.isPresent() && producer.get().is("Identity")) {
                nodes.add(producer.get());
                source = producer.get().input(0);
                producer = scope.ownProducer(source);
            }
            if (producer.isEmpty()) {
                return Optional.empty();
            }
            NodeRef node = producer.get();
            nodes.add(node);
            return switch (node.is(node.node().getOpType()) ? node.node().getOpType() : "") {
                case "Split" -> split(node, source, nodes);
                case "Slice" -> sliced(node, nodes);
                case "Gather" -> gathered(node, nodes);
                default -> Optional.empty();
            };
        }

        private Optional<Half> split(NodeRef node, String value, Set<NodeRef> nodes) {
            return Parts.ofSplit(node, shape(node.input(0)), integers()).filter(Parts::areHalves)
                    .map(parts -> new Half(node.input(0), node.node().getOutputList().indexOf(value), false, nodes));
        }

        private Optional<Half> sliced(NodeRef node, Set<NodeRef> nodes) {
            Shape shape = shape(node.input(0));
            long whole = shape.last().orElse(-1);
            return Cut.of(node, integers(), shape.rank()).filter(cut -> cut.axis() == -1 && whole > 0 && whole % 2 == 0)
                    .flatMap(cut -> {
                        long from = cut.from(whole);
                        boolean alternates = cut.step() == 2 && from <= 1 && cut.count(whole) == whole / 2;
                        boolean adjoins = cut.step() == 1 && from % (whole / 2) == 0 && cut.to(whole) == from + whole / 2;
                        int place = (int) (alternates ? from : from / (whole / 2));
                        return alternates || adjoins ? Optional.of(new Half(node.input(0), place, alternates, nodes))
                                : Optional.empty();
                    });
        }

        /** Gather of place 0 or 1 of a dimension of 2 that a Reshape made of the last one. */
        private Optional<Half> gathered(NodeRef node, Set<NodeRef> nodes) {
            Optional<NodeRef> reshape = scope.ownProducer(node.input(0)).filter(producer -> producer.is("Reshape"));
            Optional<List<Long>> place = integers().of(scope, node.input(1)).filter(list -> list.size() == 1)
                    .filter(list -> view.types().of(scope, node.input(1)).shape().rank() == 0);
            Optional<List<Long>> target = reshape.flatMap(made -> integers().of(scope, made.input(1)));
            if (target.isEmpty() || place.isEmpty() || target.get().size() < 3) {
                return Optional.empty();
            }
            List<Long> sizes = target.get();
            int rank = sizes.size();
            long axis = Attributes.integer(node.node(), "axis", 0);
            long fromEnd = axis < 0 ? axis : axis - rank;
            Shape packed = shape(reshape.get().input(0));
            long columns = packed.last().orElse(-1) / 2;
            boolean splitsLast = packed.rank() == rank - 1 && columns > 0 && packed.last().getAsLong() % 2 == 0
                    && keepsRows(packed, sizes)
                    && (fromEnd == -1 && sizes.get(rank - 1) == 2 && sizes.get(rank - 2) == columns
                    || fromEnd == -2 && sizes.get(rank - 2) == 2 && sizes.get(rank - 1) == columns);
            long index = place.get().get(0) < 0 ? place.get().get(0) + 2 : place.get().get(0);
            nodes.add(reshape.get());
            return splitsLast && (index == 0 || index == 1)
                    ? Optional.of(new Half(reshape.get().input(0), (int) index, fromEnd == -1, nodes)) : Optional.empty();
        }

        /** Whether a Reshape leaves the rows alone: 0 keeps a size, and one -1 can only be the size that was there. */
        private static boolean keepsRows(Shape packed, List<Long> sizes) {
            int open = 0;
            for (int i = 0; i < packed.rank() - 1; i++) {
                long size = sizes.get(i);
                open += size == -1 ? 1 : 0;
                boolean kept = size == -1 || size == 0
                        || packed.size(i).isPresent() && packed.size(i).getAsLong() == size;
                if (!kept) {
                    return false;
                }
            }
            return open <= 1;
        }

        private Shape shape(String value) {
            return view.types().of(scope, value).shape();
        }

        private IntegerValues integers() {
            return new IntegerValues(view.index(), view.types());
        }
    }
}
