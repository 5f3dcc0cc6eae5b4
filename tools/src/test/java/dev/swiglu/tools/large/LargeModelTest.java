package dev.swiglu.tools.large;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import dev.swiglu.ModelSession;
import dev.swiglu.ResidentRun;
import dev.swiglu.ResidentSession;
import dev.swiglu.ResidentTensor;
import dev.swiglu.Tensor;
import dev.swiglu.ValueInfo;
import dev.swiglu.tools.CommandRun;
import dev.swiglu.tools.onnx.ElementType;
import dev.swiglu.tools.onnx.ModelFile;
import dev.swiglu.tools.verify.Exports;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LargeModelTest {

    @TempDir
    Path folder;

    @Test
    void isTheGraphThatGenaiWrites() {
        LargeModel.write(DecoderShape.named("toy").orElseThrow(), ElementType.FLOAT16, folder);
        GraphProto ours = ModelFile.read(folder.resolve(LargeModel.MODEL)).proto().getGraph();
        GraphProto genais = Exports.model(Exports.GENAI_LLAMA).proto().getGraph();

        assertEquals(names(genais.getNodeList()), names(ours.getNodeList()));
        for (int i = 0; i < ours.getNodeCount(); i++) {
            assertEquals(comparable(genais.getNode(i)), comparable(ours.getNode(i)));
        }
        assertEquals(List.copyOf(genais.getInputList()), List.copyOf(ours.getInputList()));
        assertEquals(List.copyOf(genais.getOutputList()), List.copyOf(ours.getOutputList()));
        assertEquals(shapes(genais), shapes(ours));
    }

    /** Layers share their numbers on the disk; the text would differ if a weight were read from the wrong place in either. */
    @Test
    void everyLayerIsFusedAndTheTextStaysTheSame() {
        Path original = folder.resolve("original");
        Path rewritten = folder.resolve("rewritten");
        CommandRun.of("large", "toy", original, "--layers", "3", "--type", "float32").succeeded();
        assertTrue(CommandRun.of("rewrite", original, rewritten).succeeded().err().contains("3 fused"));

        List<Long> text = greedyText(original.resolve(LargeModel.MODEL), 24);
        assertEquals(text, greedyText(rewritten.resolve(LargeModel.MODEL), 24));
        assertTrue(Set.copyOf(text).size() > 4, "a text of one token says nothing: " + text);
    }

    /** With the caches in place. */
    private static List<Long> greedyText(Path model, int length) {
        List<Long> text = new ArrayList<>(List.of(7L));
        try (ResidentSession session = ModelSession.builder(model).openResident(); ResidentRun run = session.newRun()) {
            for (ValueInfo input : session.inputs()) {
                if (input.name().startsWith("past_key_values")) {
                    ResidentTensor cache = session.allocate(input.type(), 1, 2, length, 16);
                    run.input(input.name(), cache).output(input.name().replace("past_key_values", "present"), cache);
                }
            }
            run.output("logits");
            while (text.size() < length) {
                long[] mask = new long[text.size()];
                Arrays.fill(mask, 1);
                run.input("attention_mask", Tensor.int64(mask, 1, mask.length))
                        .input("input_ids", Tensor.int64(new long[] {text.get(text.size() - 1)}, 1, 1)).run();
                try (ResidentTensor logits = run.take("logits")) {
                    text.add(largest(logits.download().floats()));
                }
            }
        }
        return text;
    }

    private static long largest(float[] logits) {
        return IntStream.range(0, logits.length).boxed().max(Comparator.comparing(i -> logits[i])).orElseThrow();
    }

    private static List<String> names(List<NodeProto> nodes) {
        return nodes.stream().map(NodeProto::getName).toList();
    }

    /** Documentation is the exporter's own affair, and so is the order of attributes. */
    private static Map<String, Object> comparable(NodeProto node) {
        return Map.of("op", node.getDomain() + ":" + node.getOpType(), "inputs", List.copyOf(node.getInputList()),
                "outputs", List.copyOf(node.getOutputList()),
                "attributes", node.getAttributeList().stream().collect(Collectors.toMap(a -> a.getName(), a -> a)));
    }

    private static Map<String, List<Long>> shapes(GraphProto graph) {
        return graph.getInitializerList().stream().collect(Collectors.toMap(TensorProto::getName, TensorProto::getDimsList));
    }
}
