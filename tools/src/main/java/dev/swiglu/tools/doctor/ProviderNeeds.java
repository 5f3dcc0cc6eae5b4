package dev.swiglu.tools.doctor;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the dynamic loader says of the libraries that ONNX Runtime's CUDA provider needs.
 *
 * @param files by the needed name, such as {@code libcublas.so.12}; empty where the loader finds none
 */
record ProviderNeeds(Map<String, Optional<String>> files) {
    private static final String PROVIDER = "libonnxruntime_providers_cuda.so";
    private static final Pattern RUNTIME = Pattern.compile("(?m)(/\\S.*)/libonnxruntime\\.so$");
    private static final Pattern NEEDED =
            Pattern.compile("(?m)^\\s*(lib(?:cu|nv)\\w+\\.so\\.\\d+) => (?:not found|(\\S+) \\(0x\\w+\\))$");

    /** Of the provider beside the ONNX Runtime that this process has loaded; empty where there is none or it cannot be asked. */
    static Optional<ProviderNeeds> on(Host host) {
        return runtimeFolder(host).map(folder -> folder + "/" + PROVIDER)
                .flatMap(provider -> host.commands().output(List.of("ldd", provider))).map(ProviderNeeds::parse);
    }

    /** Where this process has loaded ONNX Runtime from. */
    static Optional<String> runtimeFolder(Host host) {
        return host.text("proc/self/maps").map(RUNTIME::matcher).filter(Matcher::find).map(found -> found.group(1));
    }

    private static ProviderNeeds parse(String printed) {
        Map<String, Optional<String>> files = new LinkedHashMap<>();
        Matcher line = NEEDED.matcher(printed);
        while (line.find()) {
            files.put(line.group(1), Optional.ofNullable(line.group(2)));
        }
        return new ProviderNeeds(files);
    }

    /** The full name under which the library is needed, for a name without version. */
    Optional<String> fullName(String name) {
        return files.keySet().stream().filter(needed -> needed.startsWith(name + ".so.")).findFirst();
    }
}
