package dev.swiglu.tools.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.swiglu.tools.cli.Main;
import dev.swiglu.tools.verify.Exports;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

class BenchmarkTest {

    @Test
    void percentilesAreMeasuredRuns() {
        double[] times = {7, 1, 2, 3, 4, 5, 6, 8, 9, 100};
        assertEquals(new Statistics(5, 9, 100, 1), Statistics.of(times));
        assertEquals(new Statistics(3, 3, 3, 3), Statistics.of(new double[] {3}));
    }

    @Test
    void twoModelsAreTimedSideBySide() throws IOException {
        String model = Exports.path(Exports.LLAMA_WITH_CACHE).toString();
        StringWriter out = new StringWriter();
        int exit = Main.commandLine().setOut(new PrintWriter(out)).execute(
                "bench", model, model, "--tokens", "1", "--past", "9", "--runs", "20", "--threads", "1", "--json");
        assertEquals(0, exit);
        JsonNode report = new ObjectMapper().readTree(out.toString());
        assertEquals("1x1 after 9", report.get("workload").textValue());
        assertEquals(2, report.get("models").size());
        for (JsonNode timing : report.get("models")) {
            double median = timing.get("latency").get("p50_ms").doubleValue();
            assertTrue(median > 0 && median <= timing.get("latency").get("p99_ms").doubleValue(), timing.toString());
            assertEquals(1000 / median, timing.get("tokens_per_second").doubleValue(), 1e-6 * 1000 / median);
        }
        assertTrue(report.get("ratio").get("median").doubleValue() > 0, report.toString());
    }
}
