package dev.swiglu.tools.html;

import java.util.List;
import java.util.Locale;

/** Horizontal bars from zero, one beneath the other, each with its label above it and its value behind it, as SVG. */
final class BarChart {
    /**
     * @param kind the style class: original or rewritten
     * @param tail how far a thin line reaches beyond the bar, as a percentile does; the value itself where there is none
     */
    record Bar(String label, String kind, double value, double tail, String text) {}

    private static final double WIDTH = 860;
    private static final double RIGHT = 130;
    private static final double ROW = 40;
    private static final double LABEL = 14;
    private static final double THICK = 14;

    private BarChart() {
    }

    static Element of(String title, List<Bar> bars) {
        double height = ROW * bars.size();
        double largest = bars.stream().mapToDouble(Bar::tail).filter(Double::isFinite).max().orElse(0);
        double scale = largest > 0 ? (WIDTH - RIGHT) / largest : 0;
        Element svg = Element.of("svg").with("viewBox", String.format(Locale.ROOT, "0 0 %.0f %.0f", WIDTH, height))
                .with("width", String.format(Locale.ROOT, "%.0f", WIDTH)).with("role", "img").with("aria-label", title);
        for (int i = 0; i < bars.size(); i++) {
            Bar bar = bars.get(i);
            double top = i * ROW + LABEL + 4;
            double middle = top + THICK / 2;
            svg.add(Element.of("text", bar.label()).with("x", 0).with("y", i * ROW + LABEL));
            svg.add(Element.of("rect").with("class", bar.kind()).with("x", 0).with("y", top).with("width", bar.value() * scale)
                    .with("height", THICK));
            svg.add(Element.of("line").with("class", bar.kind() + " line").with("x1", bar.value() * scale)
                    .with("x2", bar.tail() * scale).with("y1", middle).with("y2", middle));
            svg.add(Element.of("text", bar.text()).with("x", bar.tail() * scale + 6).with("y", middle + 4));
        }
        return svg;
    }
}
