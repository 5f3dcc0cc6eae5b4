package dev.swiglu.tools.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.ByteString;
import dev.swiglu.Device;
import dev.swiglu.Tensor;
import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.Json;
import dev.swiglu.tools.ModelBuilder;
import dev.swiglu.tools.ToolException;
import dev.swiglu.tools.onnx.ModelFile;
import dev.swiglu.tools.rewrite.Mode;
import dev.swiglu.tools.rewrite.Rewriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Rewritten against original and against float64 on CUDA, with the operator library and without it. */
@Tag("gpu")
class CudaVerificationTest {

    private static final Device GPU = Device.cuda(0);

    @TempDir
    private Path folder;

    @BeforeAll
    static void needsAGpu() {
        assumeTrue(Device.best().equals(GPU), "ONNX Runtime can use no GPU here.");
    }

    static Stream<Path> exports() throws IOException {
        try (Stream<Path> files = Files.list(Exports.path(Exports.LLAMA).getParent())) {
            return files.filter(Files::isRegularFile).sorted().toList().stream();
        }
    }

    @ParameterizedTest
    @MethodSource("exports")
    void whatExportersWrite(Path export) throws IOException {
        assertAccurate(export, 2);
    }

    @ParameterizedTest
    @CsvSource({"llama-kjv, 6", "mistral-kjv, 5"})
    void theTrainedModels(String name, int layers) throws IOException {
        for (String file : new String[] {"model.onnx", "model_fp16.onnx"}) {
            assertAccurate(Path.of("..", "models", name, file), layers);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT", "FLOAT16", "BFLOAT16"})
    void aBlockOfEveryType(TensorProto.DataType type) throws IOException {
        ModelProto block = new ModelBuilder().input("x", 70, 128)
                .weight("Wg", 128, 384).weight("Wu", 128, 384).weight("Wd", 384, 128)
                .node("MatMul", "g", "x", "Wg").node("MatMul", "u", "x", "Wu").silu("g", "a").node("Mul", "p", "a", "u")
                .node("MatMul", "d", "p", "Wd").node("Add", "y", "x", "d").output("y", 70, 128).build();
        assertAccurate(Files.write(folder.resolve("block.onnx"), converted(block, type).toByteArray()), 1);
    }

    private void assertAccurate(Path original, int sites) throws IOException {
        ModelFile model = ModelFile.read(original);
        Path rewritten = Files.write(folder.resolve("rewritten.onnx"),
                Rewriter.of(model, Mode.AUTO).result("test").orElseThrow().toByteArray());
        List<VerificationReport> reports = new ArrayList<>();
        try {
            new VerifiedPublication(GPU, 0, reports::add).check(original, rewritten, rewritten);
        } catch (ToolException failed) {
            boolean builtForCpu = original.toString().endsWith("-cpu.onnx");
            if (failed.exitCode() == ExitCode.UNAVAILABLE || (builtForCpu && failed.exitCode() == ExitCode.REFUSED)) {
                abort(failed.getMessage());
            }
            throw new AssertionError(failed.getMessage() + Json.of(reports), failed);
        }
        assertEquals(List.of("cuda:0", "cuda:0"), reports.stream().map(VerificationReport::device).toList());
        assertEquals(sites, reports.get(0).sites().size());
    }

    /** A model of float32 inputs, outputs and weights in another type. */
    private static ModelProto converted(ModelProto model, TensorProto.DataType type) {
        ModelProto.Builder result = model.toBuilder();
        GraphProto.Builder graph = result.getGraphBuilder();
        Stream.concat(graph.getInputBuilderList().stream(), graph.getOutputBuilderList().stream())
                .forEach(value -> value.getTypeBuilder().getTensorTypeBuilder().setElemType(type.getNumber()));
        graph.getInitializerBuilderList().forEach(weight -> {
            float[] values = new float[weight.getFloatDataCount()];
            for (int i = 0; i < values.length; i++) {
                values[i] = weight.getFloatData(i);
            }
            Tensor tensor = switch (type) {
                case FLOAT16 -> Tensor.float16(values, values.length);
                case BFLOAT16 -> Tensor.bfloat16(values, values.length);
                default -> Tensor.float32(values, values.length);
            };
            weight.setDataType(type.getNumber()).clearFloatData().setRawData(ByteString.copyFrom(tensor.data()));
        });
        return result.build();
    }
}
