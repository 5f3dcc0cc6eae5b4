package dev.swiglu.tools.html;

import java.util.List;
import java.util.Locale;

/** Rows under headers; columns whose header starts with a space hold numbers. A wide table scrolls by itself. */
final class HtmlTable {
    private final List<String> headers;
    private final Element body = Element.of("tbody");

    HtmlTable(String... headers) {
        this.headers = List.of(headers);
    }

    void row(String... cells) {
        Element row = Element.of("tr");
        for (int i = 0; i < cells.length; i++) {
            row.add(column(i, Element.of("td", cells[i])));
        }
        body.add(row);
    }

    /** A line of its own beneath the last row. */
    void note(String kind, String text) {
        Element cell = Element.of("td", text).with("class", kind).with("colspan", String.valueOf(headers.size()));
        body.add(Element.of("tr").add(cell));
    }

    Element element() {
        Element head = Element.of("tr");
        for (int i = 0; i < headers.size(); i++) {
            head.add(column(i, Element.of("th", headers.get(i).strip())));
        }
        return Element.of("div").with("class", "wide")
                .add(Element.of("table").add(Element.of("thead").add(head)).add(body));
    }

    private Element column(int index, Element cell) {
        return headers.get(index).startsWith(" ") ? cell.with("class", "number") : cell;
    }

    /** Facts without headers, as "device: cpu". */
    static Element facts(String... namesAndValues) {
        Element table = Element.of("table");
        for (int i = 0; i < namesAndValues.length; i += 2) {
            table.add(Element.of("tr").add(Element.of("th", namesAndValues[i]))
                    .add(Element.of("td", namesAndValues[i + 1])));
        }
        return table;
    }

    static String scientific(Double value) {
        return value == null ? "–" : String.format(Locale.ROOT, "%.2e", value);
    }
}
