package dev.swiglu.tools.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.ModelProto;
import com.google.protobuf.ByteString;
import dev.swiglu.tools.CommandRun;
import dev.swiglu.tools.onnx.Attributes;
import dev.swiglu.tools.rewrite.Mode;
import dev.swiglu.tools.rewrite.Rewriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BisectionTest {

    @TempDir
    private Path folder;

    @Test
    void causesAreFoundAloneAndTogetherAndNothingElse() {
        List<Integer> sites = IntStream.range(0, 37).boxed().toList();
        assertEquals(List.of(List.of(23)), Bisection.causes(sites, tried -> tried.contains(23)));
        assertEquals(List.of(List.of(5, 30)), Bisection.causes(sites, tried -> tried.containsAll(Set.of(5, 30))));
        Predicate<List<Integer>> two = tried -> tried.contains(36) || tried.containsAll(Set.of(0, 1, 20));
        assertEquals(Set.of(List.of(36), List.of(0, 1, 20)), Set.copyOf(Bisection.causes(sites, two)));
        assertEquals(List.of(), Bisection.causes(sites, tried -> false));
    }

    @Test
    void theSabotagedSiteIsNamed() throws IOException {
        ModelProto.Builder model = rewritten().toBuilder();
        var last = model.getGraphBuilder().getNodeBuilderList().stream()
                .filter(node -> node.getDomain().equals("dev.swiglu")).reduce((first, second) -> second).orElseThrow();
        last.addAttribute(Attributes.of("alpha", 1.02f));
        CommandRun run = verify(model.build(), "--bisect");
        assertEquals(4, run.exit(), run.err());
        assertTrue(run.out().contains("The difference comes from " + last.getName() + " ("), run.out());
    }

    @Test
    void aChangedWeightOfASiteIsBlamedOnTheSite() throws IOException {
        ModelProto.Builder model = rewritten().toBuilder();
        var first = model.getGraphBuilder().getNodeBuilderList().stream()
                .filter(node -> node.getDomain().equals("dev.swiglu")).findFirst().orElseThrow();
        disturb(model, first.getInput(2));
        assertTrue(verify(model.build(), "--bisect").out().contains("The difference comes from " + first.getName() + " ("));
    }

    @Test
    void aDifferenceElsewhereIsBlamedOnNoSite() throws IOException {
        ModelProto.Builder model = rewritten().toBuilder();
        disturb(model, "model.model.embed_tokens.weight");
        CommandRun run = verify(model.build(), "--bisect");
        assertEquals(4, run.exit(), run.err());
        assertTrue(run.out().contains("the models differ elsewhere"), run.out());
    }

    private static void disturb(ModelProto.Builder model, String weight) {
        var tensor = model.getGraphBuilder().getInitializerBuilderList().stream()
                .filter(initializer -> initializer.getName().equals(weight)).findFirst().orElseThrow();
        byte[] bytes = tensor.getRawData().toByteArray();
        for (int i = 2; i < bytes.length; i += 4) {
            bytes[i] ^= 0x40;
        }
        tensor.setRawData(ByteString.copyFrom(bytes));
    }

    private static ModelProto rewritten() {
        return Rewriter.of(Exports.model(Exports.LLAMA), Mode.AUTO).result("test").orElseThrow();
    }

    private CommandRun verify(ModelProto rewritten, String... options) throws IOException {
        Path file = Files.write(folder.resolve("rewritten.onnx"), rewritten.toByteArray());
        return CommandRun.of(List.<Object>of("verify", Exports.path(Exports.LLAMA), file, "--portable").stream(), (Object[]) options);
    }
}
