package dev.swiglu.tools.large;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import dev.swiglu.IoReason;
import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.Json;
import dev.swiglu.tools.ToolException;
import dev.swiglu.tools.onnx.AtomicOutput;
import dev.swiglu.tools.onnx.ElementType;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A decoder with random weights as a folder that onnxruntime-genai and this project read: the model comes last. */
public final class LargeModel {
    public static final String MODEL = "model.onnx";

    private static final int IR_VERSION = 10;
    private static final int OPSET = 21;
    private static final long SEED = 7;

    private LargeModel() {}

    /**
     * Writes model, external data and genai_config.json; the folder is made where there is none.
     *
     * @param type float16, as on a GPU, or float32
     */
    public static void write(DecoderShape shape, ElementType type, Path folder) {
        Path model = folder.resolve(MODEL);
        createFolder(folder);
        if (Files.exists(model)) {
            throw new ToolException(ExitCode.IO, model + " exists and is not replaced; name another folder.");
        }
        WeightFile weights = new WeightFile(MODEL + ".data", type, SEED);
        GraphProto graph = DecoderGraph.of(shape, weights);
        publish(folder.resolve(MODEL + ".data"), weights::writeTo);
        publish(folder.resolve("genai_config.json"),
                stream -> stream.write((Json.of(GenaiSettings.of(shape)) + "\n").getBytes(StandardCharsets.UTF_8)));
        publish(model, ModelProto.newBuilder().setIrVersion(IR_VERSION).setProducerName("swiglu-ort").setGraph(graph)
                .addAllOpsetImport(List.of(opset("", OPSET), opset("com.microsoft", 1))).build()::writeTo);
    }

    private static void createFolder(Path folder) {
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new ToolException(ExitCode.IO, folder + " cannot be made: " + IoReason.withoutFile(e) + ".", e);
        }
    }

    private static void publish(Path file, AtomicOutput.Content content) {
        try (AtomicOutput output = AtomicOutput.open(file, true)) {
            output.write(content);
            output.publish();
        }
    }

    private static OperatorSetIdProto opset(String domain, long version) {
        return OperatorSetIdProto.newBuilder().setDomain(domain).setVersion(version).build();
    }
}
