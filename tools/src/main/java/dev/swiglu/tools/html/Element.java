package dev.swiglu.tools.html;

import java.util.Locale;

/**
 * One element of HTML or SVG. Node names come from files that nobody should trust, so text gets in only through
 * {@link #text} and {@link #with}, which escape it; control characters become U+FFFD.
 */
final class Element {
    private final String tag;
    private final StringBuilder attributes = new StringBuilder();
    private final StringBuilder content = new StringBuilder();

    private Element(String tag) {
        this.tag = tag;
    }

    static Element of(String tag) {
        return new Element(tag);
    }

    static Element of(String tag, String text) {
        return new Element(tag).text(text);
    }

    Element with(String attribute, String value) {
        attributes.append(' ').append(attribute).append("=\"").append(escaped(value)).append('"');
        return this;
    }

    /** A coordinate, to a tenth of a pixel. */
    Element with(String attribute, double value) {
        return with(attribute, String.format(Locale.ROOT, "%.1f", value));
    }

    Element text(String text) {
        content.append(escaped(text));
        return this;
    }

    Element add(Element child) {
        content.append(child);
        return this;
    }

    @Override
    public String toString() {
        return "<" + tag + attributes + ">" + content + "</" + tag + ">";
    }

    private static String escaped(String text) {
        StringBuilder safe = new StringBuilder(text.length());
        text.codePoints().forEach(point -> {
            switch (point) {
                case '&' -> safe.append("&amp;");
                case '<' -> safe.append("&lt;");
                case '>' -> safe.append("&gt;");
                case '"' -> safe.append("&quot;");
                case '\'' -> safe.append("&#39;");
                default -> safe.appendCodePoint(Character.isISOControl(point) && point != '\n' ? 0xFFFD : point);
            }
        });
        return safe.toString();
    }
}
