package dev.swiglu.tools.html;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.swiglu.tools.CommandRun;
import dev.swiglu.tools.ModelBuilder;
import dev.swiglu.tools.verify.Exports;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PageTest {
    private static final Pattern DATA = Pattern.compile("<script type=\"application/json\" id=\"report\">(.*?)</script>", Pattern.DOTALL);

    @TempDir
    private Path folder;

    @Test
    void namesFromAModelStayText() throws IOException {
        String evil = "</script><img src=x onerror=alert(1)>\"'&";
        Path model = Files.write(folder.resolve("model.onnx"),
                ModelBuilder.projections().silu("g", evil).node("Mul", "Y", evil, "u").output("Y", 2, 16).output(evil, 2, 16)
                        .build().toByteArray());
        Path file = folder.resolve("page.html");
        CommandRun run = CommandRun.of("inspect", model, "--html", file, "--json").succeeded();
        String page = Files.readString(file);
        assertTrue(page.contains("&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;"), page);
        assertFalse(page.contains("<img"), page);
        assertEquals(new ObjectMapper().readTree(run.out()), new ObjectMapper().readTree(data(page)));
    }

    @Test
    void aVerificationShowsEverySiteInItsChartAndNeedsNothingFromElsewhere() throws IOException {
        Path rewritten = folder.resolve("rewritten.onnx");
        Path file = folder.resolve("page.html");
        Path original = Exports.path(Exports.LLAMA);
        CommandRun.of("rewrite", original, rewritten).succeeded();
        CommandRun.of("verify", original, rewritten, "--portable", "--html", file).succeeded();
        String page = Files.readString(file);
        assertEquals(2, page.split("mlp/Mul: original ", -1).length - 1, "a point of the original for each site");
        assertEquals(2, page.split("mlp/Mul: rewritten ", -1).length - 1);
        assertFalse(page.matches("(?s).*(src=|href=|url\\(|@import|<link).*"), "nothing is loaded");
        assertTrue(page.contains("prefers-color-scheme: dark"));
        assertTrue(page.endsWith("</script>\n</body>\n</html>\n"), "whole");
    }

    @Test
    void pointsStandInTheOrderOfTheirValuesAndNoneIsLost() {
        String chart = LogChart.of("t", "x", List.of("a", "b", "c", "d"), List.of(
                new LogChart.Series("s", "original", Arrays.asList(1e-3, 1e-6, 0.0, Double.NaN)))).toString();
        double[] heights = Pattern.compile("cy=\"([0-9.]+)\" r=\"3.5\"><title>").matcher(chart).results()
                .mapToDouble(match -> Double.parseDouble(match.group(1))).toArray();
        assertEquals(4, heights.length);
        assertTrue(heights[0] < heights[1], "larger is higher");
        assertEquals(heights[1], heights[2], "zero stands at the bottom, which is the smallest decade");
        assertEquals(heights[0], heights[3], "no number stands at the top");
    }

    @Test
    void aPageIsAFileLikeAnyOtherReport() throws IOException {
        Path model = Files.write(folder.resolve("model.onnx"), ModelBuilder.swiglu().build().toByteArray());
        byte[] before = Files.readAllBytes(model);
        Path report = folder.resolve("report");
        assertRefused(2, "--html " + model + " would replace", "inspect", model, "--html", model);
        assertRefused(2, "would replace", "inspect", model, "--html", report, "--report", report);
        assertRefused(7, "does not exist", "rewrite", model, folder.resolve("out"), "--html", folder.resolve("no/page"));
        assertEquals(before.length, Files.readAllBytes(model).length);
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(1, files.count(), "nothing was written");
        }
    }

    private static void assertRefused(int exit, String part, Object... arguments) {
        CommandRun run = CommandRun.of(arguments);
        assertEquals(exit, run.exit(), run.err());
        assertTrue(run.err().contains(part), run.err());
    }

    private static String data(String page) {
        Matcher matcher = DATA.matcher(page);
        assertTrue(matcher.find(), page);
        return matcher.group(1);
    }
}
