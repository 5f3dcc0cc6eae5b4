package dev.swiglu.tools.doctor;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** A diagnosis as lines for a person. */
public final class DiagnosisText {
    private static final String LINE = "%-18s%s";
    private static final String ABSENT = "not found";

    private DiagnosisText() {}

    public static List<String> of(Diagnosis diagnosis) {
        List<String> lines = new ArrayList<>();
        lines.add(line("Java", diagnosis.java() + ", " + diagnosis.platform()));
        lines.add(line("ONNX Runtime", runtime(diagnosis.onnxRuntime())));
        lines.add(line("loaded from", loaded(diagnosis.runtimeCache())));
        lines.add(line("operator library", library(diagnosis.operatorLibrary())));
        lines.add(line("NVIDIA driver", orAbsent(diagnosis.nvidia().driver())));
        lines.add(line("GPU", gpus(diagnosis.nvidia())));
        for (CudaLibrary library : diagnosis.cudaLibraries()) {
            lines.add(line(library.needed() == null ? library.name() : library.needed(), library.usable().orElse(ABSENT)));
        }
        lines.add(line("works on", works(diagnosis)));
        List<String> advice = diagnosis.advice();
        if (!advice.isEmpty()) {
            lines.add("");
            lines.add("What to do:");
            advice.forEach(sentence -> lines.add("- " + sentence));
        }
        return lines;
    }

    private static String line(String name, String value) {
        return LINE.formatted(name, value);
    }

    private static String orAbsent(String value) {
        return value == null ? ABSENT : value;
    }

    private static String runtime(RuntimeState runtime) {
        return runtime.problem() == null ? runtime.version() + ", providers: " + String.join(", ", runtime.providers())
                : "does not load: " + runtime.problem();
    }

    private static String library(OperatorLibrary library) {
        if (library.path() == null) {
            return ABSENT;
        }
        return library.path() + (library.works() ? ", registers and runs" : ", cannot be used");
    }

    private static String loaded(RuntimeCache cache) {
        if (cache.loadedFrom() == null) {
            return ABSENT;
        }
        String others = cache.others().stream().map(other -> "%s (%d MB)".formatted(other.folder(), other.bytes() / 1_000_000))
                .collect(Collectors.joining(", "));
        return cache.loadedFrom() + (cache.kept() ? ", unpacked once" : ", not from the cache")
                + (others.isEmpty() ? "" : "; there for other releases: " + others);
    }

    private static String gpus(Nvidia nvidia) {
        if (nvidia.gpus().isEmpty()) {
            return nvidia.hardware() ? "from NVIDIA, without a driver" : ABSENT;
        }
        return nvidia.gpus().stream().map(gpu -> gpu.name() + (gpu.memory() == null ? "" : " (" + gpu.memory() + ")"))
                .collect(Collectors.joining(", "));
    }

    private static String works(Diagnosis diagnosis) {
        if (!diagnosis.cpuWorks()) {
            return "nothing";
        }
        return diagnosis.cudaWorks() ? "CPU and GPU" : "CPU";
    }
}
