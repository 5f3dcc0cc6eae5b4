package dev.swiglu.tools.html;

import java.util.ArrayList;
import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.Locale;

/**
 * Points along an axis, their values on a logarithmic scale, as SVG. Zero stands on the bottom line and a value that is not
 * finite at the top, so that no point is missing. Each point says its label and value when the pointer rests on it.
 */
final class LogChart {
    /** @param kind the style class: original, rewritten or bound; a bound is a line without points */
    record Series(String name, String kind, List<Double> values) {
        boolean hasPoints() {
            return !kind.equals("bound");
        }
    }

    private static final double WIDTH = 860;
    private static final double HEIGHT = 320;
    private static final double LEFT = 64;
    private static final double RIGHT = 16;
    private static final double TOP = 34;
    private static final double BOTTOM = 40;
    private static final double MARK = 3.5;
    private static final int LABELS = 24;

    private final List<String> labels;
    private final List<Series> series;
    private final int lowest;
    private final int highest;

    private LogChart(List<String> labels, List<Series> series) {
        this.labels = labels;
        this.series = series;
        DoubleSummaryStatistics exponents = series.stream().flatMap(one -> one.values().stream())
                .filter(value -> value != null && value > 0 && Double.isFinite(value))
                .mapToDouble(Math::log10).summaryStatistics();
        this.lowest = exponents.getCount() == 0 ? -1 : (int) Math.floor(exponents.getMin());
        this.highest = exponents.getCount() == 0 ? 0 : Math.max(lowest + 1, (int) Math.ceil(exponents.getMax()));
    }

    /** @param axis what the labels are, beneath them */
    static Element of(String title, String axis, List<String> labels, List<Series> series) {
        return new LogChart(labels, series).draw(title, axis);
    }

    private Element draw(String title, String axis) {
        Element svg = Element.of("svg").with("viewBox", "0 0 " + (int) WIDTH + " " + (int) HEIGHT).with("role", "img")
                .with("aria-label", title).with("width", String.valueOf((int) WIDTH));
        grid(svg);
        double legend = LEFT;
        for (Series one : series) {
            svg.add(line(one));
            if (one.hasPoints()) {
                points(one).forEach(svg::add);
            }
            svg.add(mark(one, legend, TOP / 2)).add(label(legend + 9, TOP / 2 + 4, "start", one.name()));
            legend += 30 + 7 * one.name().length();
        }
        return svg.add(label((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 6, "middle", axis));
    }

    private void grid(Element svg) {
        int step = Math.max(1, (highest - lowest) / 8);
        for (int exponent = lowest; exponent <= highest; exponent += step) {
            double y = y(Math.pow(10, exponent));
            svg.add(Element.of("line").with("class", "grid").with("x1", LEFT).with("x2", WIDTH - RIGHT).with("y1", y).with("y2", y));
            svg.add(label(LEFT - 8, y + 4, "end", "1e" + exponent));
        }
        int stride = Math.max(1, (labels.size() + LABELS - 1) / LABELS);
        for (int i = 0; i < labels.size(); i += stride) {
            svg.add(label(x(i), HEIGHT - BOTTOM + 16, "middle", String.valueOf(i + 1)));
        }
    }

    private Element line(Series one) {
        StringBuilder path = new StringBuilder();
        boolean pen = false;
        for (int i = 0; i < labels.size(); i++) {
            Double value = one.values().get(i);
            path.append(value == null ? "" : String.format(Locale.ROOT, "%s%.1f,%.1f", pen ? "L" : "M", x(i), y(value)));
            pen = value != null;
        }
        return Element.of("path").with("class", one.kind() + " line").with("d", path.toString());
    }

    private List<Element> points(Series one) {
        List<Element> points = new ArrayList<>();
        for (int i = 0; i < labels.size(); i++) {
            Double value = one.values().get(i);
            if (value != null) {
                points.add(mark(one, x(i), y(value)).add(Element.of("title",
                        labels.get(i) + ": " + one.name() + " " + HtmlTable.scientific(value))));
            }
        }
        return points;
    }

    /** Shapes differ as well as colours: the original is round, what replaces it is square. */
    private static Element mark(Series one, double x, double y) {
        return one.kind().equals("original")
                ? Element.of("circle").with("class", one.kind()).with("cx", x).with("cy", y).with("r", MARK)
                : Element.of("rect").with("class", one.kind()).with("x", x - MARK).with("y", y - MARK)
                        .with("width", 2 * MARK).with("height", one.hasPoints() ? 2 * MARK : 1);
    }

    private static Element label(double x, double y, String anchor, String text) {
        return Element.of("text", text).with("x", x).with("y", y).with("text-anchor", anchor);
    }

    private double x(int index) {
        double step = (WIDTH - LEFT - RIGHT) / Math.max(1, labels.size());
        return LEFT + (index + 0.5) * step;
    }

    private double y(double value) {
        double bottom = HEIGHT - BOTTOM;
        if (!Double.isFinite(value)) {
            return TOP;
        }
        double share = value <= 0 ? 0 : (Math.log10(value) - lowest) / (highest - lowest);
        return bottom - Math.max(0, Math.min(1, share)) * (bottom - TOP);
    }
}
