package dev.swiglu.tools.rewrite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.swiglu.Device;
import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.ToolException;
import dev.swiglu.tools.onnx.GraphIndex;
import dev.swiglu.tools.onnx.ModelFile;
import dev.swiglu.tools.rewrite.rule.Action;
import dev.swiglu.tools.verify.VerifiedPublication;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;
import org.junit.jupiter.params.provider.CsvSource;

/** The graphs that PyTorch's two exporters, ONNX Runtime and onnxruntime-genai really write: two layers, two sites each. */
class ExportsTest {
    @TempDir
    private Path folder;

    @ParameterizedTest
    @CsvSource({
        "genai-llama-fp16-cuda, 'MatMul, Sigmoid*x', float16, 64, 192",
        "genai-mistral-fp32-cpu, 'MatMul, Sigmoid*x', float32, 64, 192",
        "llama-bf16-ts-op17-eager, 'MatMul, Sigmoid*x', bfloat16, 32, 88",
        "llama-fp16-dynamo-op18-sdpa, 'MatMul, Sigmoid*x', float16, 32, 88",
        "llama-fp16-ts-op17-eager, 'MatMul, Sigmoid*x', float16, 32, 88",
        "llama-fp32-dynamo-op18-sdpa, 'MatMul, Sigmoid*x', float32, 32, 88",
        "llama-fp32-dynamo-raw-op18-eager, 'Transpose+MatMul, Sigmoid*x', float32, 32, 88",
        "llama-fp32-ts-op17-eager, 'MatMul, Sigmoid*x', float32, 32, 88",
        "llama-fp32-ts-op17-past-eager, 'MatMul, Sigmoid*x', float32, 32, 88",
        "mistral-bf16-dynamo-op18-sdpa, 'MatMul, Sigmoid*x', bfloat16, 32, 88",
        "mistral-fp16-ts-op17-past-sdpa, 'MatMul, Sigmoid*x', float16, 32, 88",
        "mistral-fp32-dynamo-op24-sdpa, 'MatMul, Sigmoid*x', float32, 32, 88",
        "mistral-fp32-ts-op14-eager, 'MatMul, Sigmoid*x', float32, 32, 88",
        "ortsaved-extended-llama-fp32-ts-op17-eager, 'MatMul, QuickGelu', float32, 32, 88",
    })
    void fusesBothLayersWithTheirProjections(String name, String form, String dtype, long k, long n) throws Exception {
        List<Site> sites = rewriteAndRestore(name);
        assertEquals(2, sites.size());
        for (Site site : sites) {
            assertEquals(List.of(form, "silu", dtype, Action.FUSED, "FusedSwiGLU", k, n),
                    List.of(site.form(), site.activation(), site.dtype(), site.action(), site.op(), site.k(), site.n()));
            assertEquals(3, site.inputs().size());
        }
    }

    @ParameterizedTest
    @CsvSource("genai-llama-int4-cuda")
    void fusesTheActivationBetweenQuantizedProjections(String name) throws Exception {
        List<Site> sites = rewriteAndRestore(name);
        assertEquals(2, sites.size());
        for (Site site : sites) {
            assertEquals(List.of("MatMulNBits, Sigmoid*x", "silu", "float16", Action.ACTIVATION, "SwiGLU", 192L),
                    List.of(site.form(), site.activation(), site.dtype(), site.action(), site.op(), site.n()));
            assertTrue(site.reason().contains("MatMulNBits node '"), site.reason());
        }
    }

    /** Made by models/exports/make.py, as their table is, which knows from the model's configuration what is to be found. */
    @ParameterizedTest
    @CsvFileSource(resources = "/exports/families/cases.csv", numLinesToSkip = 1)
    void findsEveryGatedMlpOfEveryFamily(String name, String family, String tool, int fused, int activation) throws Exception {
        Path input = path("families/" + name);
        if (fused + activation == 0) {
            assertEquals(List.of(), Rewriter.of(ModelFile.read(input), Mode.AUTO).sites());
            return;
        }
        List<Site> sites = rewriteAndRestore("families/" + name);
        assertEquals(List.of(fused, activation), Stream.of(Action.FUSED, Action.ACTIVATION)
                .map(action -> (int) sites.stream().filter(site -> site.action() == action).count()).toList(), sites::toString);
        verify(input, folder.resolve("rewritten.onnx"));
    }

    /** Every output is the same, where ONNX Runtime can run the model on the CPU at all. */
    private static void verify(Path original, Path rewritten) {
        try {
            new VerifiedPublication(Device.cpu(), 0, report -> { }).check(original, rewritten, rewritten);
        } catch (ToolException failed) {
            assertEquals(ExitCode.UNAVAILABLE, failed.exitCode(), failed::getMessage);
        }
    }

    private static Path path(String name) throws URISyntaxException {
        return Path.of(ExportsTest.class.getResource("/exports/" + name + ".onnx").toURI());
    }

    /** What every rewrite promises; answers the sites. */
    private List<Site> rewriteAndRestore(String name) throws Exception {
        Path input = path(name);
        ModelFile source = ModelFile.read(input);
        Rewriter rewriter = Rewriter.of(source, Mode.AUTO);
        ModelProto rewritten = rewriter.result("test").orElseThrow();
        ModelProto original = source.proto();

        assertEquals(rewritten, Rewriter.of(source, Mode.AUTO).result("test").orElseThrow(), "deterministic");
        assertEquals(original.getIrVersion(), rewritten.getIrVersion());
        assertEquals(original.getGraph().getInitializerList(), rewritten.getGraph().getInitializerList());
        assertEquals(original.getGraph().getOutputList(), rewritten.getGraph().getOutputList());
        assertEquals(rewriter.sites().stream().map(Site::op).distinct().count(), rewritten.getFunctionsCount());
        assertEquals(rewriter.sites().size(), GraphIndex.of(rewritten, input).scopes().stream()
                .flatMap(scope -> scope.graph().getNodeList().stream())
                .filter(node -> node.getDomain().equals("dev.swiglu")).count());

        Set<String> gone = made(original);
        gone.removeAll(made(rewritten));
        assertTrue(rewritten.getGraph().getValueInfoList().stream().noneMatch(value -> gone.contains(value.getName())),
                "no value_info of values that are gone");

        Path output = Files.write(folder.resolve("rewritten.onnx"), rewritten.toByteArray());
        ModelFile written = ModelFile.read(output);
        assertTrue(Rewriter.of(written, Mode.AUTO).result("a later version").isEmpty(), "rewriting twice changes nothing");
        Restoration restoration = Restoration.of(written.proto()).orElseThrow();
        assertEquals(-1, Files.mismatch(input, Files.write(folder.resolve("restored.onnx"), restoration.model().toByteArray())));
        assertTrue(restoration.isIdenticalToSource());
        return rewriter.sites();
    }

    private static Set<String> made(ModelProto model) {
        return model.getGraph().getNodeList().stream().flatMap(node -> node.getOutputList().stream())
                .collect(Collectors.toCollection(HashSet::new));
    }
}
