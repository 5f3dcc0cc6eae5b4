package dev.swiglu.tools.cli;

import java.util.ArrayList;
import java.util.List;

/** Rows of text in aligned columns; columns whose header starts with a space are aligned to the right. */
final class Table {
    private static final String GAP = "  ";

    private final List<String> headers;
    private final List<List<String>> rows = new ArrayList<>();

    Table(String... headers) {
        this.headers = List.of(headers);
    }

    void row(String... cells) {
        rows.add(List.of(cells));
    }

    /** A line of its own beneath the last row. */
    void note(String text) {
        rows.add(List.of(text));
    }

    @Override
    public String toString() {
        int[] widths = headers.stream().mapToInt(header -> header.strip().length()).toArray();
        for (List<String> row : rows) {
            for (int i = 0; row.size() > 1 && i < row.size(); i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        }
        StringBuilder text = new StringBuilder();
        append(text, headers.stream().map(String::strip).toList(), widths);
        for (List<String> row : rows) {
            if (row.size() == 1) {
                text.append(GAP).append(row.get(0)).append('\n');
            } else {
                append(text, row, widths);
            }
        }
        return text.toString();
    }

    private void append(StringBuilder text, List<String> cells, int[] widths) {
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < cells.size(); i++) {
            String padding = " ".repeat(widths[i] - cells.get(i).length());
            boolean right = headers.get(i).startsWith(" ");
            line.append(i == 0 ? "" : GAP).append(right ? padding + cells.get(i) : cells.get(i) + padding);
        }
        text.append(line.toString().stripTrailing()).append('\n');
    }
}
