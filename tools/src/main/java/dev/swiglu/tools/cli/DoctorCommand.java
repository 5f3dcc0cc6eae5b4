package dev.swiglu.tools.cli;

import dev.swiglu.Device;
import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.doctor.Diagnosis;
import dev.swiglu.tools.doctor.DiagnosisText;
import dev.swiglu.tools.doctor.Host;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Exits with {@link ExitCode#UNAVAILABLE} when the operators do not run on the CPU, or not on the GPU that was asked for. */
@Command(name = "doctor", mixinStandardHelpOptions = true,
        description = "Says which GPU, driver, ONNX Runtime, CUDA libraries and operator library are found, and what to install.")
public final class DoctorCommand implements Callable<Integer> {

    @Option(names = "--json", description = "Print JSON instead of text.")
    private boolean json;

    @Option(names = "--device", paramLabel = "cpu|cuda[:N]", defaultValue = "cpu", converter = DeviceOption.Converter.class,
            description = "What must work, or the exit code is 6 (default: ${DEFAULT-VALUE}; a GPU is looked at in any case).")
    private Device device;

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    @Override
    public Integer call() {
        Diagnosis diagnosis = Diagnosis.of(Host.current(), device);
        PrintWriter out = spec.commandLine().getOut();
        out.println(json ? diagnosis.toJson() : String.join(System.lineSeparator(), DiagnosisText.of(diagnosis)));
        out.flush();
        return (diagnosis.works() ? ExitCode.DONE : ExitCode.UNAVAILABLE).number();
    }
}
