package dev.swiglu.tools.cli;

import dev.swiglu.Device;
import dev.swiglu.IoReason;
import dev.swiglu.generation.Generation;
import dev.swiglu.generation.GenerationRequest;
import dev.swiglu.generation.GenerationResult;
import dev.swiglu.generation.LanguageModel;
import dev.swiglu.generation.LanguageModelBuilder;
import dev.swiglu.generation.ModelLayout;
import dev.swiglu.generation.Sampling;
import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.ToolException;
import dev.swiglu.tools.generate.GenerationReport;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

/** {@code swiglu generate}: text on standard output as it is written, and on standard error how fast that was. */
@Command(name = "generate", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Lets a language model write.")
public final class GenerateCommand implements Callable<Integer> {

    @Parameters(index = "0", paramLabel = "MODEL_DIR", description = "A folder as optimum or onnxruntime-genai writes it: model,"
            + " config.json or genai_config.json, tokenizer.json. Or the model's file in such a folder.")
    private Path folder;

    @ArgGroup(multiplicity = "0..*")
    private List<Prompt> prompts = new ArrayList<>();

    private static final class Prompt {
        @Option(names = "--prompt", paramLabel = "TEXT", required = true,
                description = "What to go on from. Several are one batch.")
        private String text;

        @Option(names = "--prompt-file", paramLabel = "FILE", required = true,
                description = "The same from a file in UTF-8, without its last line break; - is standard input.")
        private Path file;

        private String read() {
            if (text != null) {
                return text;
            }
            try {
                byte[] bytes = file.toString().equals("-") ? System.in.readAllBytes() : Files.readAllBytes(file);
                return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString().replaceFirst("\\R\\z", "");
            } catch (CharacterCodingException e) {
                throw new ToolException(ExitCode.IO, file + " is no text in UTF-8.", e);
            } catch (IOException e) {
                throw new ToolException(ExitCode.IO, file + " cannot be read: " + IoReason.withoutFile(e) + ".", e);
            }
        }
    }

    @Option(names = "--model", paramLabel = "NAME", description = "The model's file, where MODEL_DIR has several.")
    private String model;

    @Mixin
    private DeviceOption device;

    @Mixin
    private ThreadsOption threads;

    @Option(names = "--cuda-graphs", description = "Replay tokens as a CUDA graph; for models of onnxruntime-genai.")
    private boolean cudaGraphs;

    @Option(names = "--max-tokens", paramLabel = "N", defaultValue = "128",
            description = "The most tokens of a text (default: ${DEFAULT-VALUE}).")
    private int maxTokens;

    @Option(names = "--temperature", paramLabel = "T", defaultValue = "0",
            description = "0 always takes the likeliest token, 1 goes by the model's probabilities (default: ${DEFAULT-VALUE}).")
    private double temperature;

    @Option(names = "--top-k", paramLabel = "N", defaultValue = "0",
            description = "Choose among the N likeliest tokens; 0 among all (default: ${DEFAULT-VALUE}).")
    private int topK;

    @Option(names = "--top-p", paramLabel = "P", defaultValue = "1",
            description = "Choose among the fewest tokens that have this probability together (default: ${DEFAULT-VALUE}).")
    private double topP;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "0",
            description = "The same seed writes the same text (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Option(names = "--stop", paramLabel = "TEXT", description = "End before this text; may be given several times.")
    private List<String> stopWords = List.of();

    @Option(names = "--echo", description = "Print the prompt before what follows it.")
    private boolean echo;

    @Mixin
    private ReportOptions reports;

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    @Override
    public Integer call() {
        if (prompts.isEmpty()) {
            throw new ParameterException(spec.commandLine(), "Give a --prompt or a --prompt-file");
        }
        if (cudaGraphs && device.get() instanceof Device.Cpu) {
            throw new ParameterException(spec.commandLine(), "--cuda-graphs needs --device cuda");
        }
        List<String> texts = prompts.stream().map(Prompt::read).toList();
        GenerationRequest request = usage(() -> request(texts));
        LanguageModelBuilder builder = usage(this::builder);
        reports.requireWritable(spec, prompts.stream().map(prompt -> prompt.file).toArray(Path[]::new));
        long start = System.nanoTime();
        try (LanguageModel opened = builder.open()) {
            reports.requireWritable(spec, filesAround(opened.file()));
            opened.tokenizer();
            long loadMillis = (System.nanoTime() - start) / 1_000_000;
            warn(opened);
            try (Generation generation = usage(() -> opened.generate(request))) {
                GenerationResult result = stream(generation, texts);
                GenerationReport report = GenerationReport.of(opened, device.get().name(), loadMillis, request, texts, result);
                reports.write(report, () -> remaining(report), spec.commandLine().getOut());
                requirePrinted();
                summarize(report, result.tokens());
            }
        }
        return ExitCode.DONE.number();
    }

    /** The model with its data, its configuration and its tokenizer are among them. */
    private Path[] filesAround(Path modelFile) {
        Path top = Files.isDirectory(folder) ? folder : modelFile.getParent();
        try (Stream<Path> files = Files.walk(top, 2)) {
            return files.filter(Files::isRegularFile).toArray(Path[]::new);
        } catch (IOException | UncheckedIOException e) {
            throw new ToolException(ExitCode.IO, top + " cannot be read: " + IoReason.withoutFile(e) + ".", e);
        }
    }

    private GenerationRequest request(List<String> texts) {
        GenerationRequest.Builder request = GenerationRequest.builder().maxTokens(maxTokens)
                .sampling(new Sampling(temperature, topK, topP)).seed(seed).stop(stopWords.toArray(String[]::new));
        texts.forEach(request::prompt);
        return request.build();
    }

    private LanguageModelBuilder builder() {
        LanguageModelBuilder builder = LanguageModel.builder(folder).device(device.get()).cudaGraphs(cudaGraphs)
                .session(session -> threads.get().isPresent() ? session.threads(threads.get().getAsInt()) : session);
        return model == null ? builder : builder.model(model);
    }

    /** What the library says of an argument is said of the option. */
    private <T> T usage(Supplier<T> use) {
        try {
            return use.get();
        } catch (IllegalArgumentException refused) {
            throw new ParameterException(spec.commandLine(), refused.getMessage().replaceFirst("\\.$", ""), refused);
        }
    }

    private void warn(LanguageModel opened) {
        if (opened.layout().cache() == ModelLayout.Cache.NONE) {
            spec.commandLine().getErr().println("swiglu: " + opened.file() + " has no key-value cache, so it reads the whole text"
                    + " again for each token; an export with past key-values is faster");
        }
    }

    /** One text is printed while it is written; several come at once and are printed in order, and JSON is printed as a whole. */
    private GenerationResult stream(Generation generation, List<String> texts) {
        if (reports.isJson() || texts.size() > 1) {
            return generation.result();
        }
        PrintWriter out = spec.commandLine().getOut();
        out.print(echo ? texts.get(0) : "");
        return generation.run(piece -> {
            out.print(piece.text());
            requirePrinted();
        });
    }

    /** What picocli prints to does not know what became of it behind the process's own stream. */
    private void requirePrinted() {
        if (spec.commandLine().getOut().checkError() || System.out.checkError()) {
            throw new ToolException(ExitCode.IO, "Standard output takes no more text: it was closed, or its disk is full.");
        }
    }

    private String remaining(GenerationReport report) {
        if (report.texts().size() == 1) {
            return System.lineSeparator();
        }
        return report.texts().stream().map(text -> (echo ? text.prompt() : "") + text.text() + System.lineSeparator())
                .collect(Collectors.joining(System.lineSeparator()));
    }

    private void summarize(GenerationReport report, long tokens) {
        PrintWriter err = spec.commandLine().getErr();
        String speed = report.tokensPerSecond() == 0 ? ""
                : String.format(Locale.ROOT, ", then %.1f tokens per second", report.tokensPerSecond());
        err.println("swiglu: " + (tokens == 1 ? "1 token" : tokens + " tokens") + "; the first after " + report.firstTokenMillis()
                + " ms" + speed + "; model opened in " + report.loadMillis() + " ms");
        err.flush();
    }
}
