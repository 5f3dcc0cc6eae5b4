package dev.swiglu;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What tests on a GPU have in common. They carry the tag {@code gpu}, which the build leaves out;
 * {@code tools/gpu-java-tests} runs them.
 */
public final class Gpu {
    private static final Pattern PROVIDER = Pattern.compile("\"provider\" : \"(\\w+)\"");

    private Gpu() {}

    /** Skips the test, with the reason, where ONNX Runtime cannot use GPU number {@code index}. */
    public static Device required(int index) {
        Device.Cuda device = new Device.Cuda(index);
        Optional<String> failure = CudaProbe.failure(device);
        assumeTrue(failure.isEmpty(), () -> failure.orElse(""));
        return device;
    }

    /** The execution providers that ran an operator, from ONNX Runtime's profile. */
    public static Set<String> providersOf(String operator, Path profile) throws IOException {
        return Files.readAllLines(profile).stream().filter(event -> event.contains("\"op_name\" : \"" + operator + "\""))
                .map(PROVIDER::matcher).filter(Matcher::find).map(provider -> provider.group(1)).collect(Collectors.toSet());
    }
}
