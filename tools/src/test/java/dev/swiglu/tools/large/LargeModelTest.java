package dev.swiglu.tools.large;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import dev.swiglu.tools.onnx.ElementType;
import dev.swiglu.tools.onnx.ModelFile;
import dev.swiglu.tools.verify.Exports;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
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
