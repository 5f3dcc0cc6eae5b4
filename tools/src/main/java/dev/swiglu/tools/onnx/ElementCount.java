package dev.swiglu.tools.onnx;

import java.util.List;
import java.util.OptionalLong;

/** How many elements and bytes dimensions stand for, said by a file that nobody should trust. */
public final class ElementCount {
    /** So few that no element type makes their bits overflow. */
    private static final long MOST = Long.MAX_VALUE / 256;

    private ElementCount() {
    }

    /** The product of the dimensions; empty when one is negative, or when they are too many to count even without the zeros. */
    public static OptionalLong of(List<Long> dimensions) {
        long count = 1;
        boolean none = false;
        for (long size : dimensions) {
            if (size < 0 || size > MOST || size > 0 && count > MOST / size) {
                return OptionalLong.empty();
            }
            none |= size == 0;
            count *= Math.max(size, 1);
        }
        return OptionalLong.of(none ? 0 : count);
    }

    /** The packed size of {@code count} elements. */
    public static long bytes(ElementType type, long count) {
        return (count * type.bits() + 7) / 8;
    }
}
