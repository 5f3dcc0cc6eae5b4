package dev.swiglu.tools.generate;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.swiglu.generation.Completion;
import dev.swiglu.generation.GenerationRequest;
import dev.swiglu.generation.GenerationResult;
import dev.swiglu.generation.LanguageModel;
import dev.swiglu.generation.Sampling;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What was asked of which model and what it wrote. */
public record GenerationReport(
        int schema,
        String model,
        String device,
        String cache,
        double temperature,
        @JsonProperty("top_k") int topK,
        @JsonProperty("top_p") double topP,
        long seed,
        List<Text> texts,
        @JsonProperty("load_ms") long loadMillis,
        @JsonProperty("first_token_ms") long firstTokenMillis,
        @JsonProperty("tokens_per_second") double tokensPerSecond) {

    /** @param tokens the ids of what was written, an end token included */
    public record Text(String prompt, String text, String finish, @JsonProperty("prompt_tokens") int promptTokens,
            List<Integer> tokens) {}

    /** @param loadMillis what it took to open the model */
    public static GenerationReport of(LanguageModel model, String device, long loadMillis, GenerationRequest request,
            List<String> prompts, GenerationResult result) {
        List<Text> texts = new ArrayList<>();
        for (int i = 0; i < prompts.size(); i++) {
            Completion written = result.completions().get(i);
            texts.add(new Text(prompts.get(i), written.text(), written.finish().toString(), written.promptTokens(),
                    written.tokens()));
        }
        Sampling sampling = request.sampling();
        return new GenerationReport(1, model.file().toString(), device, model.layout().cache().name().toLowerCase(Locale.ROOT),
                sampling.temperature(), sampling.topK(), sampling.topP(), request.seed(), texts, loadMillis,
                result.timeToFirstToken().toMillis(), result.tokensPerSecond());
    }
}
