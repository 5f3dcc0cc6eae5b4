package dev.swiglu.generation;

import dev.swiglu.Device;
import dev.swiglu.ModelSession;
import dev.swiglu.SessionBuilder;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** How to open a language model. Immutable: every setter returns a new builder, so one can be shared and varied. */
public final class LanguageModelBuilder {
    private final Path folder;
    private final Optional<String> file;
    private final UnaryOperator<SessionBuilder> settings;
    private final boolean resident;
    private final boolean cudaGraphs;

    private LanguageModelBuilder(Path folder, Optional<String> file, UnaryOperator<SessionBuilder> settings, boolean resident,
            boolean cudaGraphs) {
        this.folder = folder;
        this.file = file;
        this.settings = settings;
        this.resident = resident;
        this.cudaGraphs = cudaGraphs;
    }

    LanguageModelBuilder(Path folder) {
        this(folder, Optional.empty(), UnaryOperator.identity(), true, false);
    }

    /** The model's file in the folder. Default: what {@code genai_config.json} names, else what exporters usually call it. */
    public LanguageModelBuilder model(String fileName) {
        return new LanguageModelBuilder(folder, Optional.of(fileName), settings, resident, cudaGraphs);
    }

    /** Default: the CPU. */
    public LanguageModelBuilder device(Device device) {
        return session(builder -> builder.device(device));
    }

    /** Further settings of the session, as threads or a profile. */
    public LanguageModelBuilder session(UnaryOperator<SessionBuilder> further) {
        return new LanguageModelBuilder(folder, file, builder -> further.apply(settings.apply(builder)), resident, cudaGraphs);
    }

    /**
     * Whether the cache stays in the device's memory, which is the default. Otherwise only ONNX Runtime's own Java interface is
     * used, which copies it at every token: good for comparisons.
     */
    public LanguageModelBuilder resident(boolean resident) {
        return new LanguageModelBuilder(folder, file, settings, resident, cudaGraphs);
    }

    /**
     * Whether tokens are written by replaying a CUDA graph, captured at the first ones, which saves the launches of many small
     * kernels. Needs a GPU and a model with a {@linkplain ModelLayout.Cache#SHARED shared cache}; requests then take turns,
     * token by token. Each thread captures for itself, so that threads should be few and live long. Default: no.
     */
    public LanguageModelBuilder cudaGraphs(boolean wanted) {
        return new LanguageModelBuilder(folder, file, settings, resident, wanted);
    }

    /**
     * Opens the model.
     *
     * @throws IllegalStateException when CUDA graphs are wanted and the cache is not resident, or the device is no GPU
     * @throws java.io.UncheckedIOException when the folder or a file in it is not there or cannot be read
     * @throws dev.swiglu.DeviceUnavailableException when the device is not there
     * @throws dev.swiglu.NativeLibraryException when the operator library cannot be used
     * @throws dev.swiglu.ModelException when ONNX Runtime refuses the model, or generation cannot use it
     */
    public LanguageModel open() {
        if (cudaGraphs && !resident) {
            throw new IllegalStateException("CUDA graphs need a cache that stays on the GPU; do not set resident(false) with them.");
        }
        ModelFolder found = ModelFolder.of(folder, file);
        SessionBuilder builder = settings.apply(ModelSession.builder(found.model()));
        boolean grouped = builder.operatorTypes().contains("GroupQueryAttention");
        Inference inference = resident
                ? ResidentInference.open(builder, found.configuration(), grouped, cudaGraphs)
                : HostInference.open(builder, found.configuration(), grouped);
        return new LanguageModel(found, inference);
    }
}
