package dev.swiglu.tools.cli;

import dev.swiglu.Device;
import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.bench.BenchReport;
import dev.swiglu.tools.bench.Benchmark;
import dev.swiglu.tools.bench.Benchmark.Sessions;
import dev.swiglu.tools.bench.Turns;
import dev.swiglu.tools.folder.DecoderFile;
import dev.swiglu.tools.html.BenchPage;
import dev.swiglu.tools.onnx.ModelFile;
import dev.swiglu.tools.verify.inputs.Workload;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

/** {@code swiglu bench}: latency and throughput of one model, or of two in turns. */
@Command(name = "bench", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Times a model, or two models in turns in one run, at ONNX Runtime's highest optimization level.")
public final class BenchCommand implements Callable<Integer> {

    @Parameters(index = "0", paramLabel = "ORIGINAL", description = "The model to time, or the folder of one that writes text.")
    private Path original;

    @Parameters(index = "1", arity = "0..1", paramLabel = "REWRITTEN", description = "The model to compare it with.")
    private Path rewritten;

    @Mixin
    private DeviceOption device;

    @Mixin
    private ThreadsOption threads;

    @Option(names = "--runs", paramLabel = "N", defaultValue = "50", description = "Timed runs (default: ${DEFAULT-VALUE}).")
    private int runs;

    @Option(names = "--warmup", paramLabel = "N", defaultValue = "5",
            description = "Runs before those (default: ${DEFAULT-VALUE}).")
    private int warmup;

    @Option(names = "--seconds", paramLabel = "S", defaultValue = "3600",
            description = "Begin no more runs of one comparison after so long; five are made (default: ${DEFAULT-VALUE}).")
    private double seconds;

    @Option(names = "--batch", paramLabel = "N", defaultValue = "1", description = "Texts at once (default: ${DEFAULT-VALUE}).")
    private int batch;

    @Option(names = "--tokens", paramLabel = "N", defaultValue = "128",
            description = "New tokens of each text (default: ${DEFAULT-VALUE}); 1 times the writing of one token.")
    private int tokens;

    @Option(names = "--past", paramLabel = "N", defaultValue = "0",
            description = "Tokens already in the cache of a model that has one (default: ${DEFAULT-VALUE}).")
    private int past;

    @Option(names = "--workloads", paramLabel = "BxT[+P]", split = ",", converter = WorkloadConverter.class,
            description = "Instead of those three, several of them: 1x512,4x1+2048 reads a text of 512 tokens, then writes the"
                    + " next token of four texts of 2048 (default for a folder: 1x128,1x1+128).")
    private List<Workload> workloads;

    @Option(names = "--resident",
            description = "Device-resident sessions: caches and results stay on the device; where one text is decoded, ONNX"
                    + " Runtime's own Java interface is timed against them.")
    private boolean resident;

    @Option(names = "--cuda-graphs", description = "With --resident: decoding is timed as captured CUDA graphs, too.")
    private boolean cudaGraphs;

    @Option(names = "--operators", paramLabel = "N",
            description = "Instead of timing, say which operators the time of device-resident runs goes to, by ONNX Runtime's"
                    + " profile of N of them. On a GPU that needs CUDA_LAUNCH_BLOCKING=1 in the environment.")
    private Integer operatorRuns;

    @Mixin
    private PageOptions reports;

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    @Override
    public Integer call() {
        requireOptions();
        Path originalFile = DecoderFile.of(original);
        Path rewrittenFile = rewritten == null ? null : DecoderFile.of(rewritten);
        reports.requireWritable(spec, originalFile, rewrittenFile);
        ModelFile originalModel = read(originalFile);
        ModelFile rewrittenModel = rewrittenFile == null ? null : read(rewrittenFile);
        Sessions sessions = cudaGraphs ? Sessions.RESIDENT_WITH_GRAPHS : resident ? Sessions.RESIDENT : Sessions.HOST;
        Benchmark benchmark = new Benchmark(device.get(), threads.get(), new Turns(runs, warmup, seconds), sessions,
                chosenWorkloads());
        BenchReport report = operatorRuns == null ? benchmark.run(originalModel, rewrittenModel, this::say)
                : benchmark.operators(originalModel, rewrittenModel, operatorRuns, this::say);
        reports.write(report, () -> BenchTable.of(report), () -> BenchPage.of(report), spec.commandLine().getOut());
        return ExitCode.DONE.number();
    }

    private ModelFile read(Path file) {
        ModelFile model = ModelFile.read(file);
        reports.requireNotDataOf(spec, model, file);
        return model;
    }

    private List<Workload> chosenWorkloads() {
        if (workloads != null) {
            return workloads;
        }
        return Files.isDirectory(original) && past == 0 ? List.of(new Workload(batch, tokens, 0), new Workload(batch, 1, tokens))
                : List.of(new Workload(batch, tokens, past));
    }

    private void say(String what) {
        spec.commandLine().getErr().println(what);
        spec.commandLine().getErr().flush();
    }

    private void requireOptions() {
        requireAtLeast(1, "--runs", runs);
        requireAtLeast(0, "--warmup", warmup);
        requireAtLeast(1, "--batch", batch);
        requireAtLeast(1, "--tokens", tokens);
        requireAtLeast(0, "--past", past);
        requireAtLeast(1, "--operators", operatorRuns == null ? 1 : operatorRuns);
        if (!(seconds >= 0)) {
            throw new ParameterException(spec.commandLine(), "--seconds must be at least 0, not " + seconds);
        }
        if (cudaGraphs && !(resident && device.get() instanceof Device.Cuda)) {
            throw new ParameterException(spec.commandLine(),
                    "--cuda-graphs captures device-resident runs on a GPU; add --resident --device cuda");
        }
    }

    private void requireAtLeast(int least, String option, int value) {
        if (value < least) {
            throw new ParameterException(spec.commandLine(), option + " must be at least " + least + ", not " + value);
        }
    }
}
