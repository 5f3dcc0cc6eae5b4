package dev.swiglu.tools.onnx.check;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.FunctionProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.SparseTensorProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import dev.swiglu.tools.CommandRun;
import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.ModelBuilder;
import dev.swiglu.tools.ToolException;
import dev.swiglu.tools.onnx.ModelFile;
import dev.swiglu.tools.verify.Exports;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A malformed model is refused in one sentence that names the file and the place, before anything else reads it. */
class ModelCheckTest {
    @TempDir
    private Path folder;

    static Stream<Arguments> malformed() {
        return Stream.of(
                // names
                graph("value 'g' is made twice, the second time by MatMul node", g -> g.addNode(g.getNode(0))),
                graph("initializer 'Wg' is there twice", g -> g.addInitializer(g.getInitializer(0))),
                graph("input 'X' is declared twice", g -> g.addInput(g.getInput(0))),
                graph("an input has no name", g -> g.addInput(ValueInfoProto.getDefaultInstance())),
                graph("the  node 'node g' names no operator", g -> g.getNodeBuilder(0).setOpType("")),
                graph("the name 'node?[31m' is not plain text", g -> g.getNodeBuilder(0).setName("node\u001b[31m")),
                graph("has attribute 'axis' twice", g -> g.getNodeBuilder(0).addAttribute(integer("axis")).addAttribute(integer("axis"))),
                model("imports operator set '' in versions 17 and 18", m -> m.addOpsetImport(OperatorSetIdProto.newBuilder()
                        .setDomain("ai.onnx").setVersion(18))),
                // flow
                graph("MatMul node 'node g' reads 'Z', which nothing makes", g -> g.getNodeBuilder(0).setInput(0, "Z")),
                graph("MatMul node 'node g' waits for a result that waits for itself: the graph has a cycle",
                        g -> g.getNodeBuilder(0).setInput(0, "Y")),
                graph("nothing makes the output 'Z'", g -> g.getOutputBuilder(0).setName("Z")),
                graph("the graph has a cycle", g -> g.getNodeBuilder(0).addAttribute(body("g"))),
                // tensors
                graph("tensor 'Wg' has dimensions [-8, 16]", g -> g.getInitializerBuilder(0).setDims(0, -8)),
                graph("too many elements to count", g -> g.getInitializerBuilder(0).setDims(0, 1L << 62)),
                graph("need 144 entries, and holds 128", g -> g.getInitializerBuilder(0).setDims(0, 9)),
                graph("which need 512 bytes, and holds 3", g -> g.getInitializerBuilder(0).clearFloatData()
                        .setRawData(ByteString.copyFromUtf8("abc"))),
                graph("keeps its data in two places", g -> g.getInitializerBuilder(0).setRawData(ByteString.copyFromUtf8("abc"))),
                graph("keeps elements of float16 in float_data", g -> g.getInitializerBuilder(0).setDataType(10)),
                graph("tensor 'c' of the MatMul node 'node g' has dimensions [5]", g -> g.getNodeBuilder(0).addAttribute(constant())),
                graph("has values of [3] at indices of [], which do not go together", g -> g.addSparseInitializer(sparse())),
                // attributes
                graph("attribute 'axis' of the MatMul node 'node g' does not hold what its type FLOAT says",
                        g -> g.getNodeBuilder(0).addAttribute(integer("axis").setType(AttributeProto.AttributeType.FLOAT))),
                // functions
                model("function 'f' calls itself", m -> m.addFunctions(function("f", "f"))),
                model("function 'f' is there twice", m -> m.addFunctions(function("f", "Relu")).addFunctions(function("f", "Relu"))),
                model("would make more than 10000000 nodes", m -> {
                    for (int i = 0; i < 25; i++) {
                        m.addFunctions(function("f" + i, i == 0 ? "Relu" : "f" + (i - 1)));
                    }
                    m.getGraphBuilder().getNodeBuilder(0).setDomain("own").setOpType("f24");
                }),
                // size
                graph("messages deep", g -> {
                    TypeProto.Builder type = TypeProto.newBuilder();
                    for (int i = 0; i < 100; i++) {
                        type = TypeProto.newBuilder().setSequenceType(TypeProto.Sequence.newBuilder().setElemType(type));
                    }
                    g.getInputBuilder(0).setType(type);
                }));
    }

    @ParameterizedTest
    @MethodSource
    void malformed(String why, ModelProto model) throws IOException {
        Path file = Files.write(folder.resolve("model.onnx"), model.toByteArray());
        ToolException refusal = assertThrows(ToolException.class, () -> ModelFile.read(file));
        assertEquals(ExitCode.REFUSED, refusal.exitCode());
        assertTrue(refusal.getMessage().startsWith(file + " is not a valid model: "), refusal.getMessage());
        assertTrue(refusal.getMessage().contains(why), refusal.getMessage());
    }

    /** Two bytes for each node in the file, and far more than the heap that they would need. */
    @Test
    void aFileThatUnfoldsIsRefusedBeforeItDoes() throws IOException {
        byte[] nodes = new byte[10 << 20];
        for (int i = 0; i < nodes.length; i += 2) {
            nodes[i] = GraphProto.NODE_FIELD_NUMBER << 3 | 2;
        }
        ModelProto model = ModelProto.newBuilder().setGraph(GraphProto.getDefaultInstance()).build();
        Path file = folder.resolve("model.onnx");
        try (OutputStream stream = Files.newOutputStream(file)) {
            CodedOutputStream coded = CodedOutputStream.newInstance(stream);
            coded.writeByteArray(ModelProto.GRAPH_FIELD_NUMBER, nodes);
            model.writeTo(coded);
            coded.flush();
        }
        CommandRun run = CommandRun.of("inspect", file);
        assertEquals(ExitCode.REFUSED.number(), run.exit());
        assertTrue(run.err().contains("its structure would take more than"), run.err());
    }

    @Test
    void whatExportersWritePasses() {
        for (String export : new String[] {Exports.LLAMA, Exports.LLAMA_BF16}) {
            assertDoesNotThrow(() -> Exports.model(export));
        }
    }

    private static Arguments graph(String why, Consumer<GraphProto.Builder> change) {
        return model(why, model -> change.accept(model.getGraphBuilder()));
    }

    private static Arguments model(String why, Consumer<ModelProto.Builder> change) {
        ModelProto.Builder model = ModelBuilder.swiglu().build().toBuilder();
        change.accept(model);
        return Arguments.of(why, model.build());
    }

    private static AttributeProto.Builder integer(String name) {
        return AttributeProto.newBuilder().setName(name).setType(AttributeProto.AttributeType.INT).setI(1);
    }

    /** A graph with one node, which reads {@code value} of the graph around it. */
    private static AttributeProto body(String value) {
        return AttributeProto.newBuilder().setName("body").setType(AttributeProto.AttributeType.GRAPH).setG(GraphProto.newBuilder()
                .addNode(NodeProto.newBuilder().setOpType("Relu").addInput(value).addOutput("inner"))).build();
    }

    private static AttributeProto constant() {
        return AttributeProto.newBuilder().setName("value").setType(AttributeProto.AttributeType.TENSOR)
                .setT(TensorProto.newBuilder().setName("c").setDataType(1).addDims(5).addFloatData(1)).build();
    }

    private static SparseTensorProto sparse() {
        return SparseTensorProto.newBuilder().addDims(9).setIndices(TensorProto.newBuilder().setDataType(7).addInt64Data(1))
                .setValues(TensorProto.newBuilder().setName("s").setDataType(1).addDims(3)
                        .addFloatData(1).addFloatData(2).addFloatData(3)).build();
    }

    /** A function that calls another operator twice. */
    private static FunctionProto function(String name, String called) {
        NodeProto.Builder call = NodeProto.newBuilder().setDomain("own").setOpType(called).addInput("x");
        return FunctionProto.newBuilder().setDomain("own").setName(name).addInput("x").addOutput("y")
                .addNode(call.clone().addOutput("y")).addNode(call.clone().addOutput("z")).build();
    }
}
