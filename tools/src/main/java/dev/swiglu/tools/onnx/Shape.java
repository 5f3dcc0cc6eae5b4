package dev.swiglu.tools.onnx;

import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Collectors;

/**
 * What is known of a shape, such that two equal shapes are proven equal: sizes may be numbers or symbols, and leading
 * dimensions of unknown number are named after the value that they come from. {@code X·W} of an unknown X and a W[K, N] is
 * {@code rows of X ++ [N]}; two such products of the same X have the same shape, whatever it is.
 *
 * @param rows the value whose leading dimensions (all but the last) stand in front of {@code sizes}; null when the rank is known
 * @param sizes each a number or a symbol
 */
public record Shape(String rows, List<String> sizes) {

    public static Shape of(List<Long> sizes) {
        return new Shape(null, sizes.stream().map(String::valueOf).toList());
    }

    public static Shape of(TensorProto tensor) {
        return of(tensor.getDimsList());
    }

    /** A declared shape. A dimension without a number or a name is only equal to itself, the {@code i}th of {@code value}. */
    public static Shape declared(String value, TensorShapeProto declared) {
        List<String> sizes = new ArrayList<>();
        for (TensorShapeProto.Dimension dimension : declared.getDimList()) {
            if (dimension.hasDimValue() && dimension.getDimValue() >= 0) {
                sizes.add(String.valueOf(dimension.getDimValue()));
            } else if (!dimension.getDimParam().isEmpty()) {
                sizes.add(dimension.getDimParam());
            } else {
                sizes.add("?" + sizes.size() + " of " + value);
            }
        }
        return new Shape(null, sizes);
    }

    public static Shape unknown(String value) {
        return new Shape(value, List.of("last of " + value));
    }

    public boolean isRankKnown() {
        return rows == null;
    }

    /** The rank, or -1. */
    public int rank() {
        return isRankKnown() ? sizes.size() : -1;
    }

    public OptionalLong size(int index) {
        String size = sizes.get(index);
        return size.matches("[0-9]{1,18}") ? OptionalLong.of(Long.parseLong(size)) : OptionalLong.empty();
    }

    public OptionalLong last() {
        return sizes.isEmpty() ? OptionalLong.empty() : size(sizes.size() - 1);
    }

    /** This shape with {@code size} in the place of the last dimension. */
    public Shape withLast(String size) {
        List<String> changed = new ArrayList<>(sizes);
        changed.set(changed.size() - 1, size);
        return new Shape(rows, changed);
    }

    /** Whether both have the same dimensions in front of the last. */
    public boolean sameRows(Shape other) {
        return !sizes.isEmpty() && !other.sizes.isEmpty() && withLast("").equals(other.withLast(""));
    }

    /** Whether adding or multiplying a tensor of this shape to one of {@code other} surely leaves the shape of {@code other}. */
    public boolean broadcastsInto(Shape other) {
        if (equals(other)) {
            return true;
        }
        if (!isRankKnown() || other.sizes.isEmpty()) {
            return false;
        }
        boolean surelyHasRows = other.isRankKnown() || other.last().isPresent();
        boolean oneElement = sizes.isEmpty() || sizes.equals(List.of("1")) && surelyHasRows;
        boolean oneRow = sizes.size() == 1 && sizes.get(0).equals(other.sizes.get(other.sizes.size() - 1));
        return oneElement || oneRow;
    }

    @Override
    public String toString() {
        return sizes.stream().map(size -> size.contains(" of ") ? "?" : size)
                .collect(Collectors.joining(", ", isRankKnown() ? "[" : "[..., ", "]"));
    }
}
