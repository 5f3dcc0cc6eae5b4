package dev.swiglu.tools;

import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Rows padded to columns: the first to the left, numbers to the right. */
public final class TextTable {

    private static final String GAP = "  ";

    private TextTable() {}

    public static String of(List<String> header, List<List<String>> rows) {
        List<List<String>> all = Stream.concat(Stream.of(header), rows.stream()).toList();
        int[] widths = IntStream.range(0, header.size())
                .map(column -> all.stream().mapToInt(row -> row.get(column).length()).max().orElse(0)).toArray();
        StringBuilder text = new StringBuilder();
        for (List<String> row : all) {
            for (int column = 0; column < widths.length; column++) {
                String padding = " ".repeat(widths[column] - row.get(column).length());
                text.append(column == 0 ? row.get(column) + padding : GAP + padding + row.get(column));
            }
            text.append('\n');
        }
        return text.toString();
    }
}
