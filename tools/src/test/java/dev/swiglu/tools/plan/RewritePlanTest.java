package dev.swiglu.tools.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.ModelProto;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.swiglu.tools.CommandRun;
import dev.swiglu.tools.ModelBuilder;
import dev.swiglu.tools.verify.Exports;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RewritePlanTest {
    private final Path model = Exports.path(Exports.LLAMA);

    @TempDir
    private Path folder;
    private Path file;
    private Path output;
    private ObjectNode plan;
    private ArrayNode sites;

    @BeforeEach
    void aPlanOfTheWholeModel() throws IOException {
        file = folder.resolve("plan.json");
        output = folder.resolve("out.onnx");
        CommandRun.of("rewrite", model, output, "--dry-run", "--plan", file).succeeded();
        assertFalse(Files.exists(output));
        plan = (ObjectNode) new ObjectMapper().readTree(file.toFile());
        sites = (ArrayNode) plan.get("sites");
    }

    @Test
    void aPlanAsItWasMadeDoesWhatARewriteDoes() throws IOException {
        Path plain = folder.resolve("plain.onnx");
        CommandRun.of("rewrite", model, plain).succeeded();
        apply().succeeded();
        assertEquals(-1, Files.mismatch(plain, output));
    }

    @Test
    void anEditedPlanIsFollowedExactly() throws IOException {
        ((ObjectNode) sites.get(0)).put("action", "activation");
        sites.remove(1);
        CommandRun run = apply("--verify").succeeded();
        assertTrue(run.out().contains("The plan leaves it alone."), run.out());
        assertEquals(List.of("SwiGLU"), operators(), "the first at activation level, the second as it was");
    }

    @Test
    void aPlanThatDoesNotFitIsRefused() throws IOException {
        String checksum = plan.get("sha256").asText();
        plan.put("sha256", "0".repeat(64));
        assertRefused("checksums differ");
        plan.put("sha256", checksum);
        ObjectNode site = (ObjectNode) sites.get(0);
        String value = site.get("output").asText();
        site.put("output", "nowhere");
        assertRefused("the model has no gated MLP there");
        site.put("output", value).put("action", "melted");
        assertRefused("is not a rewrite plan");
        site.put("action", "fused");
        sites.add(site.deepCopy());
        assertRefused("twice");
        sites.remove(2);
        plan.remove("sites");
        assertRefused("is not a rewrite plan");
        Files.writeString(file, "{\"schema\": 1,");
        refuse("is not a rewrite plan", CommandRun.of("rewrite", model, output, "--plan", file));
        refuse("leave out --mode", CommandRun.of("rewrite", model, output, "--plan", file, "--mode", "fused"));
        assertEquals(7, CommandRun.of("rewrite", model, output, "--plan", folder.resolve("none")).exit());
    }

    @Test
    void aPlanCannotAskForWhatTheRulesForbid() throws IOException {
        Path other = Files.write(folder.resolve("seen.onnx"),
                ModelBuilder.swiglu().output("g", 2, 16).build().toByteArray());
        CommandRun.of("rewrite", other, output, "--dry-run", "--plan", file).succeeded();
        Files.writeString(file, Files.readString(file).replace("\"activation\"", "\"fused\""));
        CommandRun run = CommandRun.of("rewrite", other, output, "--plan", file);
        refuse("which cannot be done: 'g'", run);
    }

    private void assertRefused(String part) throws IOException {
        refuse(part, apply());
    }

    private void refuse(String part, CommandRun run) {
        assertEquals(2, run.exit(), run.err());
        assertTrue(run.err().contains(part), run.err());
        assertFalse(Files.exists(output));
    }

    private CommandRun apply(Object... options) throws IOException {
        Files.writeString(file, plan.toString());
        return CommandRun.of(List.<Object>of("rewrite", model, output, "--plan", file).stream(), options);
    }

    private List<String> operators() throws IOException {
        return ModelProto.parseFrom(Files.readAllBytes(output)).getGraph().getNodeList().stream()
                .filter(node -> node.getDomain().equals("dev.swiglu")).map(node -> node.getOpType()).toList();
    }
}
