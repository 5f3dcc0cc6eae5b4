package dev.swiglu.tools.html;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class BarChartTest {

    @Test
    void barsAreAsLongAsTheirValuesAndTailsReachFurther() {
        String chart = BarChart.of("times", List.of(new BarChart.Bar("a", "original", 2, 4, "2 ms"),
                new BarChart.Bar("<b>", "rewritten", 1, 1, "1 ms"))).toString();
        double[] bars = numbers(chart, "<rect[^>]* width=\"([0-9.]+)\"");
        double[] tails = numbers(chart, "<line[^>]* x2=\"([0-9.]+)\"");
        assertEquals(bars[0] / 2, bars[1], 0.1);
        assertEquals(2 * bars[0], tails[0], 0.2);
        assertEquals(bars[1], tails[1]);
        assertTrue(chart.contains("&lt;b&gt;"), chart);
    }

    private static double[] numbers(String chart, String pattern) {
        return Pattern.compile(pattern).matcher(chart).results()
                .mapToDouble(match -> Double.parseDouble(match.group(1))).toArray();
    }
}
