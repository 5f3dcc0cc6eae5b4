package dev.swiglu.tools.portable;

import dev.swiglu.tools.onnx.Attributes;
import java.util.List;

/**
 * Gate and up in one tensor [..., 2N]: {@code concat} has the gate in the first half of the last axis, {@code concat_swapped}
 * in the second, {@code interleaved} at the even places, which are split as the columns of a matrix with two.
 */
record Packing(String layout, GraphWriter write) {

    /** The parts of a packed tensor; interleaved ones as columns. */
    record Halves(String gate, String up) {
    }

    Halves split(String packed) {
        String source = interleaved() ? write.reshaped(packed, write.integers(-1, 2)) : packed;
        List<String> parts = write.halves(source);
        return layout.equals("concat_swapped") ? new Halves(parts.get(1), parts.get(0)) : new Halves(parts.get(0), parts.get(1));
    }

    /** A tensor [..., N] in the form of the halves. */
    String aligned(String value) {
        return interleaved() ? write.reshaped(value, write.integers(-1, 1)) : value;
    }

    /** A value in the form of the halves as a tensor [..., N]. */
    String halved(String value, String packed) {
        if (!interleaved()) {
            return value;
        }
        String shape = write.shape(packed);
        String leading = write.add("Slice", shape, write.integers(0), write.integers(-1));
        String last = write.add("Div", write.add("Gather", shape, write.integers(-1)), write.integers(2));
        return write.reshaped(value, write.add("Concat", List.of(leading, last), Attributes.of("axis", 0)));
    }

    String joined(String gate, String up, String packed) {
        boolean swapped = layout.equals("concat_swapped");
        String joined = write.add("Concat", List.of(swapped ? up : gate, swapped ? gate : up), Attributes.of("axis", -1));
        return interleaved() ? write.reshapedLike(joined, packed) : joined;
    }

    private boolean interleaved() {
        return layout.equals("interleaved");
    }
}
