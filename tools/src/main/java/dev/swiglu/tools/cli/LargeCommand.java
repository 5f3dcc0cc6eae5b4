package dev.swiglu.tools.cli;

import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.large.DecoderShape;
import dev.swiglu.tools.large.LargeModel;
import dev.swiglu.tools.onnx.ElementType;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code swiglu large}: material for benchmarks, not a tool, so that the list of commands does not show it. */
@Command(name = "large", mixinStandardHelpOptions = true, hidden = true, sortOptions = false,
        description = "Writes a decoder of full size with random weights, as onnxruntime-genai would. All layers share one"
                + " region of the data file; in memory each has its own.")
public final class LargeCommand implements Callable<Integer> {

    @Parameters(index = "0", paramLabel = "SHAPE", converter = ShapeConverter.class,
            description = "llama-2-7b, llama-3-8b, mistral-7b, or toy.")
    private DecoderShape shape;

    @Parameters(index = "1", paramLabel = "FOLDER", description = "Where model.onnx, its data and genai_config.json go.")
    private Path folder;

    @Option(names = "--layers", paramLabel = "N", description = "Instead of as many as the shape has.")
    private Integer layers;

    @Option(names = "--type", paramLabel = "TYPE", defaultValue = "float16", converter = TypeConverter.class,
            description = "Of the weights: float16 or float32 (default: ${DEFAULT-VALUE}).")
    private ElementType type;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        if (layers != null && layers < 1) {
            throw new ParameterException(spec.commandLine(), "--layers must be at least 1, not " + layers);
        }
        Stopwatch time = Stopwatch.start();
        LargeModel.write(layers == null ? shape : shape.withLayers(layers), type, folder);
        spec.commandLine().getErr().println("Written: " + folder + " (" + time + ")");
        return ExitCode.DONE.number();
    }

    static final class ShapeConverter implements ITypeConverter<DecoderShape> {
        @Override
        public DecoderShape convert(String text) {
            return DecoderShape.named(text).orElseThrow(() -> new TypeConversionException("'" + text + "' is not one of "
                    + DecoderShape.KNOWN.stream().map(DecoderShape::name).collect(Collectors.joining(", "))));
        }
    }

    static final class TypeConverter implements ITypeConverter<ElementType> {
        @Override
        public ElementType convert(String text) {
            return switch (text) {
                case "float16" -> ElementType.FLOAT16;
                case "float32" -> ElementType.FLOAT32;
                default -> throw new TypeConversionException("'" + text + "' is not float16 or float32");
            };
        }
    }
}
