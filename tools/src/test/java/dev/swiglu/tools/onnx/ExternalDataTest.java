package dev.swiglu.tools.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.FunctionProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.SparseTensorProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.ModelBuilder;
import dev.swiglu.tools.ToolException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Collections;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a model may name as its data, and what it may not. */
class ExternalDataTest {
    @TempDir
    private Path root;
    private Path folder;
    private Path secret;

    @BeforeEach
    void writeData() throws IOException {
        folder = Files.createDirectory(root.resolve("model"));
        secret = Files.write(root.resolve("secret"), new byte[64]);
        Files.write(folder.resolve("w"), new byte[64]);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".", "..", "/etc/passwd", "../secret", "a/../../secret", "a/../w", "a\\w", "C:w", "w\u0000", "w\n",
        "*/_ORT_MEM_ADDR_/*", "model.onnx"})
    void refusesLocations(String location) throws IOException {
        refused(external(location, "offset", "0"));
    }

    @ParameterizedTest
    @CsvSource({"offset,1", "offset,65", "offset,999999999999999999", "offset,9999999999999999999", "offset,-1", "offset,0x10",
        "length,63", "length,65", "length,-1", "location,w", "surprise,1"})
    void refusesRanges(String key, String value) throws IOException {
        refused(external("w", key, value));
    }

    @Test
    void followsLinksInsideTheFolderOnly() throws IOException {
        Files.createSymbolicLink(folder.resolve("inside"), folder.resolve("w"));
        Files.createSymbolicLink(folder.resolve("outside"), secret);
        Files.createSymbolicLink(folder.resolve("up"), root);
        write(external("inside", "offset", "0"));
        refused(external("outside", "offset", "0"));
        refused(external("up/secret", "offset", "0"));
    }

    @Test
    void aHardLinkMayNotLeadToWhatIsMorePrivateThanTheModel() throws IOException {
        Files.createLink(folder.resolve("linked"), secret);
        write(external("linked", "offset", "0"));
        Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-------"));
        Files.setPosixFilePermissions(folder.resolve("model.onnx"), PosixFilePermissions.fromString("rw-r--r--"));
        assertTrue(refused(external("linked", "offset", "0")).contains("hard link"));
    }

    @Test
    @Timeout(5)
    void neverOpensWhatIsNoFile() throws Exception {
        Files.createDirectory(folder.resolve("sub"));
        refused(external("sub", "offset", "0"));
        Path pipe = folder.resolve("pipe");
        assumeTrue(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor() == 0);
        refused(external("pipe", "offset", "0"));
        assertThrows(ToolException.class, () -> ModelFile.read(pipe));
    }

    @Test
    void namesThatDifferOnlyInCaseAreNotTwoFiles() throws IOException {
        Files.write(folder.resolve("W"), new byte[64]);
        refused(new ModelBuilder().external("A", "w", 0, 4, 4).external("B", "W", 0, 4, 4).build());
    }

    @ParameterizedTest
    @ValueSource(strings = {"attribute", "list", "body", "function", "sparse"})
    void everyTensorIsLookedAt(String place) throws IOException {
        TensorProto tensor = external("../secret", "offset", "0").getGraph().getInitializer(0);
        NodeProto node = NodeProto.newBuilder().setOpType("Constant").setName("hidden").addOutput("c").addAttribute(
                AttributeProto.newBuilder().setName("value").setType(AttributeProto.AttributeType.TENSOR).setT(tensor)).build();
        ModelProto.Builder model = ModelBuilder.swiglu().build().toBuilder();
        GraphProto.Builder graph = model.getGraphBuilder();
        switch (place) {
            case "attribute" -> graph.addNode(node);
            case "list" -> graph.getNodeBuilder(0).addAttributeBuilder().setName("all")
                    .setType(AttributeProto.AttributeType.TENSORS).addTensors(tensor);
            case "body" -> graph.getNodeBuilder(0).addAttributeBuilder().setName("body")
                    .setType(AttributeProto.AttributeType.GRAPH).setG(GraphProto.newBuilder().addNode(node));
            case "function" -> model.addFunctions(FunctionProto.newBuilder().setName("f").addNode(node));
            default -> graph.addSparseInitializer(SparseTensorProto.newBuilder().addDims(16).setValues(tensor.toBuilder()
                    .clearDims().addDims(16)).setIndices(TensorProto.newBuilder().setDataType(7).addDims(16)
                    .addAllInt64Data(Collections.nCopies(16, 0L))));
        }
        refused(model.build());
    }

    /** The message, which names the model. */
    private String refused(ModelProto model) {
        ToolException refusal = assertThrows(ToolException.class, () -> write(model));
        assertEquals(ExitCode.REFUSED, refusal.exitCode(), refusal.getMessage());
        assertTrue(refusal.getMessage().startsWith(folder.resolve("model.onnx").toString()), refusal.getMessage());
        assertEquals(1, refusal.getMessage().lines().count());
        return refusal.getMessage();
    }

    private void write(ModelProto model) throws IOException {
        ModelFile.read(Files.write(folder.resolve("model.onnx"), model.toByteArray()));
    }

    /** A model with one tensor of 64 bytes. */
    private static ModelProto external(String location, String key, String value) {
        ModelProto.Builder model = new ModelBuilder().weight("W", 4, 4).build().toBuilder();
        model.getGraphBuilder().getInitializerBuilder(0).clearFloatData().setDataLocation(TensorProto.DataLocation.EXTERNAL)
                .addExternalData(entry("location", location)).addExternalData(entry(key, value));
        return model.build();
    }

    private static StringStringEntryProto entry(String key, String value) {
        return StringStringEntryProto.newBuilder().setKey(key).setValue(value).build();
    }
}
