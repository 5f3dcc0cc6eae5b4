package dev.swiglu.tools.verify.exact;

import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.ToolException;

/** Where gate and up of column j lie in a packed row of two halves. */
public enum Layout {
    CONCAT, CONCAT_SWAPPED, INTERLEAVED;

    int gate(int column, int half) {
        return switch (this) {
            case CONCAT -> column;
            case CONCAT_SWAPPED -> half + column;
            case INTERLEAVED -> 2 * column;
        };
    }

    int up(int column, int half) {
        return switch (this) {
            case CONCAT -> half + column;
            case CONCAT_SWAPPED -> column;
            case INTERLEAVED -> 2 * column + 1;
        };
    }

    public static Layout named(String name) {
        return switch (name) {
            case "concat" -> CONCAT;
            case "concat_swapped" -> CONCAT_SWAPPED;
            case "interleaved" -> INTERLEAVED;
            default -> throw new ToolException(ExitCode.REFUSED, "There is no packed layout '" + name + "'.");
        };
    }
}
