package dev.swiglu.tools.folder;

import ai.onnx.proto.OnnxMl.ModelProto;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.swiglu.IoReason;
import dev.swiglu.SessionBuilder;
import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.Json;
import dev.swiglu.tools.ToolException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The {@code genai_config.json} of onnxruntime-genai. Every model that it names by {@code filename} runs with the
 * {@code session_options} beside that name, or, without its own, with those of the decoder. There {@code custom_ops_library}
 * names one library, which genai looks for in the folder of this file first; it follows no link out of that folder, so
 * that the library itself must lie there. Unknown options become session configuration entries, which our library reads.
 */
final class GenaiConfig {
    static final String FILE = "genai_config.json";
    static final String LIBRARY = "libswiglu_ort.so";

    private static final String OPTION = "custom_ops_library";
    private static final String OWN_ENTRIES = "dev.swiglu.";
    private static final String DEVICE = "dev.swiglu.device";
    /** Numbers stay as they are written. */
    private static final JsonMapper MAPPER = JsonMapper.builder().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES).build();

    private final ObjectNode config;
    private final List<String> otherLibraries = new ArrayList<>();
    private boolean registered;

    private GenaiConfig(ObjectNode config) {
        this.config = config;
    }

    static GenaiConfig read(Path file) {
        try {
            if (MAPPER.readTree(Files.readAllBytes(file)) instanceof ObjectNode config) {
                return new GenaiConfig(config);
            }
            throw new ToolException(ExitCode.REFUSED, file + " is not a configuration of onnxruntime-genai: it is no JSON object.");
        } catch (JsonProcessingException e) {
            throw new ToolException(ExitCode.REFUSED, file + " is not JSON: " + e.getOriginalMessage(), e);
        } catch (IOException e) {
            throw new ToolException(ExitCode.IO, file + " cannot be read: " + IoReason.withoutFile(e) + ".", e);
        }
    }

    /** The file of the model that writes text. */
    Optional<String> decoder() {
        return Optional.ofNullable(config.path("model").path("decoder").path("filename").textValue());
    }

    /** Has genai load the library for these models, named as the configuration names them. */
    void register(Map<String, ModelProto> models) {
        register(config, models);
    }

    private void register(JsonNode node, Map<String, ModelProto> models) {
        ModelProto model = models.get(node.path("filename").asText());
        if (model != null) {
            register(optionsOf((ObjectNode) node), model);
        }
        node.forEach(child -> register(child, models));
    }

    private ObjectNode optionsOf(ObjectNode component) {
        if (component.get("session_options") instanceof ObjectNode own) {
            return own;
        }
        ObjectNode owner = config.path("model").path("decoder") instanceof ObjectNode decoder ? decoder : component;
        return owner.get("session_options") instanceof ObjectNode options ? options : owner.putObject("session_options");
    }

    private void register(ObjectNode options, ModelProto model) {
        String present = options.path(OPTION).asText(LIBRARY);
        if (!present.equals(LIBRARY)) {
            otherLibraries.add(present);
            return;
        }
        registered = true;
        options.put(OPTION, LIBRARY);
        Optional<String> gpu = cuda(options);
        gpu.ifPresent(device -> options.put(DEVICE, device));
        if (gpu.isEmpty()) {
            model.getMetadataPropsList().stream().filter(entry -> entry.getKey().equals(SessionBuilder.CPU_FUSION))
                    .forEach(entry -> options.put(entry.getKey(), entry.getValue()));
        }
    }

    private static Optional<String> cuda(ObjectNode options) {
        for (JsonNode provider : options.path("provider_options")) {
            if (provider.has("cuda")) {
                return Optional.of("cuda:" + provider.path("cuda").path("device_id").asText("0"));
            }
        }
        return Optional.empty();
    }

    /** Takes everything back that {@link #register(Map)} put in; answers whether there was anything. */
    boolean unregister() {
        return unregister(config);
    }

    private static boolean unregister(JsonNode node) {
        boolean changed = false;
        if (node instanceof ObjectNode options && options.path(OPTION).asText().equals(LIBRARY)) {
            options.remove(OPTION);
            List<String> names = new ArrayList<>();
            options.fieldNames().forEachRemaining(names::add);
            names.stream().filter(name -> name.startsWith(OWN_ENTRIES)).forEach(options::remove);
            changed = true;
        }
        for (JsonNode child : node) {
            changed |= unregister(child);
        }
        return changed;
    }

    boolean isRegistered() {
        return registered;
    }

    /** Libraries that stand where ours would; genai takes one. */
    List<String> otherLibraries() {
        return otherLibraries;
    }

    String text() {
        return Json.of(config) + "\n";
    }
}
