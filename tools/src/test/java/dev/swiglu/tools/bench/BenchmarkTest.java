package dev.swiglu.tools.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.swiglu.TensorType;
import dev.swiglu.tools.CommandRun;
import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.ToolException;
import dev.swiglu.tools.large.DecoderShape;
import dev.swiglu.tools.large.LargeModel;
import dev.swiglu.tools.onnx.ElementType;
import dev.swiglu.tools.verify.Exports;
import dev.swiglu.tools.verify.inputs.CacheInput;
import dev.swiglu.tools.verify.inputs.Workload;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BenchmarkTest {

    @TempDir
    Path folder;

    @Test
    void percentilesAreMeasuredRuns() {
        double[] times = {7, 1, 2, 3, 4, 5, 6, 8, 9, 100};
        assertEquals(new Statistics(5, 9, 100, 1), Statistics.of(times));
        assertEquals(new Statistics(3, 3, 3, 3), Statistics.of(new double[] {3}));
    }

    @Test
    void theRatioIsTheSecondsTimeOverTheFirstsOfTheSameTurn() {
        assertEquals(new BenchReport.Ratio(2, 0.5, 4),
                Benchmark.ratio(new double[] {1, 2, 400, 8, 100}, new double[] {2, 4, 800, 32, 50}));
    }

    @Test
    void runsAreTakenInTurns() {
        List<String> runs = new ArrayList<>();
        double[][] times = new Turns(3, 1, 60).milliseconds(List.of(() -> runs.add("A"), () -> runs.add("B")));
        assertEquals("ABABBAAB", String.join("", runs));
        assertEquals(3, times[1].length);
        assertEquals(5, new Turns(100, 0, 0).milliseconds(List.of(() -> { }))[0].length, "a median needs five runs");
    }

    @Test
    void twoModelsAreTimedSideBySide() throws IOException {
        String model = Exports.path(Exports.LLAMA_WITH_CACHE).toString();
        JsonNode report = bench(model, model, "--tokens", "1", "--past", "9", "--runs", "20");
        JsonNode comparison = report.get("comparisons").get(0);
        assertEquals("1x1 after 9", comparison.get("workload").textValue());
        assertEquals(2, comparison.get("timings").size());
        for (JsonNode timing : comparison.get("timings")) {
            double median = timing.get("latency").get("p50_ms").doubleValue();
            assertTrue(median > 0 && median <= timing.get("latency").get("p99_ms").doubleValue(), timing.toString());
            assertEquals(1000 / median, timing.get("tokens_per_second").doubleValue(), 1e-6 * 1000 / median);
        }
        assertTrue(comparison.get("ratio").get("median").doubleValue() > 0, report.toString());
        assertEquals(0, comparison.get("difference").asDouble(), "one model computes one result");
    }

    /** Caches kept in place, on the device, must give what plain ONNX Runtime gives with caches that come and go. */
    @Test
    void deviceResidentSessionsAreTimedAgainstTheOriginalAndAgainstPlainOnnxRuntime() throws IOException {
        Path original = folder.resolve("original");
        Path rewritten = folder.resolve("rewritten");
        LargeModel.write(DecoderShape.named("toy").orElseThrow(), ElementType.FLOAT32, original);
        CommandRun.of("rewrite", original, rewritten).succeeded();
        Path page = folder.resolve("bench.html");

        JsonNode report = bench(original.toString(), rewritten.toString(), "--resident", "--workloads", "2x9,1x1+9", "--runs", "6",
                "--html", page.toString());
        List<String> compared = new ArrayList<>();
        for (JsonNode comparison : report.get("comparisons")) {
            List<String> runtimes = comparison.get("timings").findValuesAsText("runtime");
            compared.add(comparison.get("phase").textValue() + " " + String.join("/", runtimes));
            assertTrue(comparison.get("difference").asDouble() < 1e-5, comparison.toString());
        }
        assertEquals(List.of("prefill ResidentSession/ResidentSession", "decode ResidentSession/ResidentSession",
                "decode OrtSession/ResidentSession"), compared);
        assertTrue(Files.readString(page).contains("decode 1x1 after 9: OrtSession against ResidentSession"));
    }

    @Test
    void aFoldersWorkloadsAreThoseThatWereAskedFor() throws IOException {
        Path model = folder.resolve("toy");
        LargeModel.write(DecoderShape.named("toy").orElseThrow(), ElementType.FLOAT32, model);
        assertEquals(List.of("1x9", "1x1 after 9"), bench(model.toString(), "--tokens", "9", "--runs", "1")
                .get("comparisons").findValuesAsText("workload"));
        assertEquals(List.of("1x1 after 20"), bench(model.toString(), "--tokens", "1", "--past", "20", "--runs", "1")
                .get("comparisons").findValuesAsText("workload"));
    }

    @Test
    void whatCannotBeTimedIsRefusedInOneSentence() throws IOException {
        String model = Exports.path(Exports.LLAMA_WITH_CACHE).toString();
        assertRefused("has other inputs than", model, Exports.path("mistral-fp16-ts-op17-past-sdpa.onnx").toString());
        assertRefused("'attention_mask' would be too large", model, "--workloads", "1000x1+9999999");
        assertRefused("add --resident --device cuda", model, "--resident", "--cuda-graphs");
        assertRefused("--threads must be at least 1", model, "--threads", "0");
    }

    @Test
    void cachesThatJavasMemoryCannotHoldAreRefused() {
        CacheInput keys = new CacheInput("keys", TensorType.FLOAT16, new long[] {1, 1 << 15, 1 << 15, 1});
        StepInputs inputs = new StepInputs(new Workload(1, 1, 1 << 15), Map.of(),
                List.of(new StepInputs.Cache(keys, Optional.empty())), "logits");
        assertEquals(ExitCode.USAGE, assertThrows(ToolException.class, inputs::onHost).exitCode());
    }

    private static void assertRefused(String part, String... arguments) {
        CommandRun run = CommandRun.of(Stream.of("bench"), (Object[]) arguments);
        assertEquals(ExitCode.USAGE.number(), run.exit(), run.err());
        assertTrue(run.err().contains(part), run.err());
    }

    @Test
    void theProfileSaysWhichOperatorsRan() throws IOException {
        String model = Exports.path(Exports.LLAMA_WITH_CACHE).toString();
        JsonNode times = bench(model, "--operators", "3").get("operators").get(0);
        double sum = 0;
        for (JsonNode operator : times.get("operators_ms")) {
            sum += operator.doubleValue();
        }
        assertTrue(times.get("operators_ms").get("MatMul").doubleValue() > 0, times.toString());
        assertTrue(sum > 0 && sum <= 1.2 * times.get("run_ms").doubleValue(), times.toString());
    }

    private static JsonNode bench(String... arguments) throws IOException {
        List<String> all = new ArrayList<>(List.of("bench", "--threads", "1", "--json"));
        all.addAll(List.of(arguments));
        return new ObjectMapper().readTree(CommandRun.of(all.toArray()).succeeded().out());
    }
}
