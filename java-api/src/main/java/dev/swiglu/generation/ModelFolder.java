package dev.swiglu.generation;

import dev.swiglu.IoReason;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A folder as an exporter writes it: the model, what is to be known of it, and its tokenizer.
 *
 * @param tokenizer may not exist
 */
record ModelFolder(Path model, ModelConfiguration configuration, Path tokenizer) {
    /** What exporters call a model that can read a prompt and go on from there, the best first. */
    private static final List<String> USUAL_NAMES = List.of("model.onnx", "decoder_model_merged.onnx",
            "decoder_with_past_model.onnx", "decoder_model.onnx");
    private static final List<String> PLACES = List.of("", "onnx");

    /** @param chosen the model's file in the folder, where it has several */
    static ModelFolder of(Path folder, Optional<String> chosen) {
        if (Files.isRegularFile(folder)) {
            return of(folder.toAbsolutePath().getParent(), Optional.of(folder.getFileName().toString()));
        }
        if (!Files.isDirectory(folder)) {
            throw missing("There is no folder " + folder + " with a model.", folder);
        }
        Path genai = folder.resolve("genai_config.json");
        ModelConfiguration configuration = Files.exists(genai)
                ? ModelConfiguration.ofGenai(Settings.read(genai))
                : ModelConfiguration.ofTransformers(Settings.read(folder.resolve("config.json")),
                        Settings.read(folder.resolve("generation_config.json")));
        Path model = chosen.or(configuration::modelFile).map(folder::resolve).orElseGet(() -> usual(folder));
        if (!Files.isRegularFile(model)) {
            throw missing("There is no model " + model + "; " + folder + " has " + listing(folder) + ".", model);
        }
        return new ModelFolder(model, configuration, folder.resolve("tokenizer.json"));
    }

    private static Path usual(Path folder) {
        return PLACES.stream().flatMap(place -> USUAL_NAMES.stream().map(name -> folder.resolve(place).resolve(name)))
                .filter(Files::isRegularFile).findFirst()
                .orElseThrow(() -> missing("None of " + String.join(", ", USUAL_NAMES) + " is in " + folder + ", which has "
                        + listing(folder) + "; name the model's file.", folder));
    }

    private static String listing(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            List<String> models = files.map(file -> file.getFileName().toString()).filter(name -> name.endsWith(".onnx"))
                    .sorted().toList();
            return models.isEmpty() ? "no .onnx file" : String.join(", ", models);
        } catch (IOException unreadable) {
            throw new UncheckedIOException(folder + " cannot be read: " + IoReason.withoutFile(unreadable) + ".", unreadable);
        }
    }

    private static UncheckedIOException missing(String sentence, Path what) {
        return new UncheckedIOException(sentence, new NoSuchFileException(what.toString()));
    }
}
