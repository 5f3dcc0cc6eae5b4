package dev.swiglu.tools.cli;

import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.bench.BenchReport;
import dev.swiglu.tools.bench.Benchmark;
import dev.swiglu.tools.onnx.ModelFile;
import dev.swiglu.tools.verify.inputs.Workload;
import java.nio.file.Path;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine;

/** {@code swiglu bench}: latency and throughput of one model, or of two in turns. */
@Command(name = "bench", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Times a model, or two models in turns in one run, at ONNX Runtime's highest optimization level.")
public final class BenchCommand implements Callable<Integer> {

    @Parameters(index = "0", paramLabel = "ORIGINAL", description = "The model to time.")
    private Path original;

    @Parameters(index = "1", arity = "0..1", paramLabel = "REWRITTEN", description = "The model to compare it with.")
    private Path rewritten;

    @Mixin
    private DeviceOption device;

    @Option(names = "--threads", paramLabel = "N", description = "Threads of ONNX Runtime (default: its own choice).")
    private Integer threads;

    @Option(names = "--runs", paramLabel = "N", defaultValue = "50", description = "Timed runs (default: ${DEFAULT-VALUE}).")
    private int runs;

    @Option(names = "--warmup", paramLabel = "N", defaultValue = "5",
            description = "Runs before those (default: ${DEFAULT-VALUE}).")
    private int warmup;

    @Option(names = "--batch", paramLabel = "N", defaultValue = "1", description = "Texts at once (default: ${DEFAULT-VALUE}).")
    private int batch;

    @Option(names = "--tokens", paramLabel = "N", defaultValue = "128",
            description = "New tokens of each text (default: ${DEFAULT-VALUE}); 1 times the writing of one token.")
    private int tokens;

    @Option(names = "--past", paramLabel = "N", defaultValue = "0",
            description = "Tokens already in the cache of a model that has one (default: ${DEFAULT-VALUE}).")
    private int past;

    @Mixin
    private ReportOptions reports;

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    @Override
    public Integer call() {
        requireAtLeast(1, "--runs", runs);
        requireAtLeast(0, "--warmup", warmup);
        requireAtLeast(1, "--batch", batch);
        requireAtLeast(1, "--tokens", tokens);
        requireAtLeast(0, "--past", past);
        OptionalInt chosenThreads = threads == null ? OptionalInt.empty() : OptionalInt.of(threads);
        chosenThreads.ifPresent(count -> requireAtLeast(1, "--threads", count));
        reports.requireWritable(spec, original, rewritten);
        ModelFile originalModel = ModelFile.read(original);
        reports.requireNotDataOf(spec, originalModel, original);
        ModelFile rewrittenModel = null;
        if (rewritten != null) {
            rewrittenModel = ModelFile.read(rewritten);
            reports.requireNotDataOf(spec, rewrittenModel, rewritten);
        }
        BenchReport report = new Benchmark(device.get(), chosenThreads, runs, warmup, new Workload(batch, tokens, past))
                .run(originalModel, rewrittenModel);
        reports.write(report, () -> BenchTable.of(report), spec.commandLine().getOut());
        return ExitCode.DONE.number();
    }

    private void requireAtLeast(int least, String option, int value) {
        if (value < least) {
            throw new ParameterException(spec.commandLine(), option + " must be at least " + least + ", not " + value);
        }
    }
}
