package dev.swiglu.tools.cli;

import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.doctor.Diagnosis;
import dev.swiglu.tools.doctor.DiagnosisText;
import dev.swiglu.tools.doctor.Host;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Exits with 0 when the operators run on the CPU, GPU or not, and with {@link ExitCode#UNAVAILABLE} when they do not. */
@Command(name = "doctor", mixinStandardHelpOptions = true,
        description = "Says which GPU, driver, ONNX Runtime, CUDA libraries and operator library are found, and what to install.")
public final class DoctorCommand implements Callable<Integer> {

    @Option(names = "--json", description = "Print JSON instead of text.")
    private boolean json;

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    @Override
    public Integer call() {
        Diagnosis diagnosis = Diagnosis.of(Host.current());
        PrintWriter out = spec.commandLine().getOut();
        out.println(json ? diagnosis.toJson() : String.join(System.lineSeparator(), DiagnosisText.of(diagnosis)));
        out.flush();
        return (diagnosis.cpuWorks() ? ExitCode.DONE : ExitCode.UNAVAILABLE).number();
    }
}
