package dev.swiglu.tools.mnist;

import java.util.List;
import java.util.Locale;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Loss (left) and accuracy (right) of one or more trainings as one SVG file that needs nothing else. */
final class CurveChart {
    private static final List<String> COLOURS = List.of("#1f6feb", "#d1542c");
    private static final int WIDTH = 960;
    private static final int HEIGHT = 360;
    private static final int TOP = 50;
    private static final int BOTTOM = 310;
    private static final int LEFT = 60;
    private static final int PANEL = 390;
    private static final int SECOND = 540;
    /** Neighbouring batches differ much; each point is the mean of so many of them. */
    private static final int POINTS = 100;

    private final StringBuilder svg = new StringBuilder();
    private final List<LearningCurve> curves;

    private CurveChart(List<LearningCurve> curves) {
        this.curves = curves;
    }

    static String of(List<LearningCurve> curves) {
        CurveChart chart = new CurveChart(curves);
        chart.add("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" font-size=\"12\""
                + " fill=\"#333\">\n<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n", WIDTH, HEIGHT, WIDTH, HEIGHT);
        chart.loss();
        chart.accuracy();
        return chart.svg.append("</svg>\n").toString();
    }

    private void loss() {
        double largest = curves.stream().flatMap(curve -> smooth(curve.losses()).stream()).max(Double::compare).orElse(1.0);
        double smallest = curves.stream().flatMap(curve -> smooth(curve.losses()).stream()).min(Double::compare).orElse(0.1);
        int top = (int) Math.ceil(Math.log10(largest));
        int bottom = Math.min(top - 1, (int) Math.floor(Math.log10(Math.max(smallest, 1e-6))));
        DoubleUnaryOperator y = loss -> BOTTOM - (Math.log10(Math.max(loss, 1e-6)) - bottom) / (top - bottom) * (BOTTOM - TOP);
        title(LEFT, "training loss (cross entropy), by epoch");
        for (int power = bottom; power <= top; power++) {
            line(LEFT, y.applyAsDouble(Math.pow(10, power)), label(Math.pow(10, power)));
        }
        epochs(LEFT);
        for (int i = 0; i < curves.size(); i++) {
            List<Double> points = smooth(curves.get(i).losses());
            curve(i, IntStream.range(0, points.size()).mapToObj(point -> at(
                    LEFT + PANEL * (point + 0.5) / points.size(), y.applyAsDouble(points.get(point)))).toList());
        }
    }

    private void accuracy() {
        double worst = curves.stream().flatMap(curve -> curve.epochs().stream()).mapToDouble(LearningCurve.Epoch::testAccuracy)
                .min().orElse(0);
        double least = Math.floor(worst * 100) / 100 - 0.01;
        DoubleUnaryOperator y = accuracy -> BOTTOM - (accuracy - least) / (1 - least) * (BOTTOM - TOP);
        title(SECOND, "test accuracy, by epoch");
        int lines = 5;
        for (int i = 0; i <= lines; i++) {
            double accuracy = least + (1 - least) * i / lines;
            line(SECOND, y.applyAsDouble(accuracy), String.format(Locale.ROOT, "%.1f %%", 100 * accuracy));
        }
        epochs(SECOND);
        for (int i = 0; i < curves.size(); i++) {
            List<LearningCurve.Epoch> epochs = curves.get(i).epochs();
            curve(i, IntStream.range(0, epochs.size()).mapToObj(epoch -> at(SECOND + (double) PANEL * (epoch + 1) / epochs.size(),
                    y.applyAsDouble(epochs.get(epoch).testAccuracy()))).toList());
            add("<text x=\"%d\" y=\"%d\" text-anchor=\"end\" fill=\"%s\">%s: %.2f %%</text>\n", SECOND + PANEL,
                    BOTTOM - 12 - 16 * (curves.size() - 1 - i), COLOURS.get(i), curves.get(i).graph(),
                    100 * epochs.get(epochs.size() - 1).testAccuracy());
        }
    }

    private static List<Double> smooth(List<Double> losses) {
        int points = Math.min(POINTS, losses.size());
        return IntStream.range(0, points).mapToObj(point -> losses
                .subList(point * losses.size() / points, (point + 1) * losses.size() / points).stream()
                .mapToDouble(Double::doubleValue).average().orElse(0)).toList();
    }

    private void title(int x, String text) {
        add("<text x=\"%d\" y=\"30\" font-size=\"15\">%s</text>\n", x, text);
    }

    private void line(int x, double y, String label) {
        add("<path d=\"M%d %.1fh%d\" stroke=\"#ddd\"/><text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>\n",
                x, y, PANEL, x - 8, y + 4, label);
    }

    private void epochs(int x) {
        int count = curves.get(0).epochs().size();
        int stride = Math.max(1, (count + 9) / 10);
        for (int epoch = 0; epoch <= count; epoch += stride) {
            add("<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%d</text>\n", x + (double) PANEL * epoch / count, BOTTOM + 20,
                    epoch);
        }
    }

    /** Later curves are dashed, so that one that lies on another does not hide it. */
    private void curve(int index, List<String> points) {
        add("<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"%s/>\n", points.stream().collect(
                Collectors.joining(" ")), COLOURS.get(index % COLOURS.size()), index == 0 ? "" : " stroke-dasharray=\"5 4\"");
    }

    private static String at(double x, double y) {
        return String.format(Locale.ROOT, "%.1f,%.1f", x, y);
    }

    private static String label(double power) {
        return power >= 1 ? String.format(Locale.ROOT, "%.0f", power) : String.valueOf(power);
    }

    private void add(String format, Object... values) {
        svg.append(String.format(Locale.ROOT, format, values));
    }
}
