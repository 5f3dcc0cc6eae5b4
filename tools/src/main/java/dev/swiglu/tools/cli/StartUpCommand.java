package dev.swiglu.tools.cli;

import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.bench.StartUp;
import dev.swiglu.tools.folder.DecoderFile;
import dev.swiglu.tools.onnx.ModelFile;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code swiglu start-up}: it measures the process that it is run in, so that the list of commands does not show it. */
@Command(name = "start-up", mixinStandardHelpOptions = true, hidden = true, sortOptions = false,
        description = "Says how long this process took from its start to a model's first token, and what of it was what.")
public final class StartUpCommand implements Callable<Integer> {

    @Parameters(index = "0", paramLabel = "MODEL", description = "A model that writes text, or its folder.")
    private Path model;

    @Option(names = "--started", paramLabel = "SECONDS", required = true,
            description = "When this process was started, as $$EPOCHREALTIME says in bash.")
    private BigDecimal started;

    @Option(names = "--plain", description = "ONNX Runtime's own Java interface, without the operator library.")
    private boolean plain;

    @Mixin
    private DeviceOption device;

    @Mixin
    private ReportOptions reports;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        Path file = DecoderFile.of(model);
        reports.requireWritable(spec, file);
        Instant start = Instant.ofEpochMilli(started.movePointRight(3).longValue());
        StartUp startUp = StartUp.measure(ModelFile.read(file), device.get(), start, plain);
        reports.write(startUp, () -> String.format(Locale.ROOT,
                "%.0f ms to the first token by %s on %s: %.0f Java, %.0f loading ONNX Runtime, %.0f opening the model,"
                        + " %.0f first run%n",
                startUp.total(), startUp.runtime(), startUp.device(), startUp.java(), startUp.environment(), startUp.session(),
                startUp.firstRun()), spec.commandLine().getOut());
        return ExitCode.DONE.number();
    }
}
