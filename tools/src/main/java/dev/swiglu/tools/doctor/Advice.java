package dev.swiglu.tools.doctor;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/** What to install or change so that what is missing works. A machine without a GPU lacks nothing, unless one was asked for. */
final class Advice {
    private static final int USUAL_CUDA = 12;
    private static final Map<Integer, Integer> OLDEST_DRIVERS = Map.of(12, 525, 13, 580);
    /** The release in the names of NVIDIA's packages for Debian and Ubuntu. */
    private static final Map<Integer, String> PACKAGED = Map.of(12, "12-8", 13, "13-0");
    private static final Map<String, String> PACKAGES = Map.of(
            "libcudart", "cuda-cudart-", "libcublas", "libcublas-", "libcublasLt", "libcublas-",
            "libcurand", "libcurand-", "libcufft", "libcufft-");

    private final Diagnosis diagnosis;
    private final List<String> advice = new ArrayList<>();

    private Advice(Diagnosis diagnosis) {
        this.diagnosis = diagnosis;
    }

    static List<String> on(Diagnosis diagnosis) {
        Advice advice = new Advice(diagnosis);
        advice.onTheCpu();
        if (diagnosis.onnxRuntime().cudaWorks()) {
            advice.onTheOperatorsOnTheGpu();
        } else if (diagnosis.nvidia().hardware() || diagnosis.gpuAsked()) {
            advice.onTheGpu();
        }
        return List.copyOf(advice.advice);
    }

    private void onTheCpu() {
        if (diagnosis.onnxRuntime().problem() != null) {
            advice.add("ONNX Runtime does not load: put com.microsoft.onnxruntime:onnxruntime 1.22 or newer on the class path.");
        } else if (!diagnosis.cpuWorks()) {
            advice.add(diagnosis.operatorLibrary().problem());
        }
    }

    private void onTheGpu() {
        int before = advice.size();
        onDriver();
        if (diagnosis.onnxRuntime().problem() == null && !diagnosis.onnxRuntime().hasCuda()) {
            advice.add("To use the GPU, put com.microsoft.onnxruntime:onnxruntime_gpu on the class path instead of onnxruntime;"
                    + " for tools/swiglu, SWIGLU_ONNXRUNTIME names its jar.");
        }
        onMissingLibraries();
        if (diagnosis.onnxRuntime().cudaProblem() != null && advice.size() == before) {
            advice.add(diagnosis.onnxRuntime().cudaProblem());
        }
    }

    private void onTheOperatorsOnTheGpu() {
        if (diagnosis.operatorLibrary().cudaProblem() != null) {
            advice.add(diagnosis.operatorLibrary().cudaProblem());
        }
    }

    private void onDriver() {
        Nvidia nvidia = diagnosis.nvidia();
        GpuAccess access = diagnosis.gpuAccess();
        if (access.container() && !access.deviceFiles()) {
            advice.add("This is a container without a GPU: start it with 'docker run --gpus all' or its like, for which the host"
                    + " needs the NVIDIA driver and the NVIDIA Container Toolkit.");
        } else if (!nvidia.hardware()) {
            advice.add("There is no NVIDIA GPU in this machine.");
        } else if (nvidia.driver() == null) {
            advice.add("There is an NVIDIA GPU without a driver: install the NVIDIA driver, 525.60 or newer.");
        } else if (nvidia.driver().matches("\\d+\\..*") && major(nvidia.driver()) < OLDEST_DRIVERS.getOrDefault(cuda(), 0)) {
            advice.add("The NVIDIA driver " + nvidia.driver() + " is too old for this ONNX Runtime, which is built for CUDA " + cuda()
                    + ": install driver " + OLDEST_DRIVERS.get(cuda()) + " or newer, or an ONNX Runtime for an older CUDA.");
        }
        if (access.isHidden()) {
            advice.add("CUDA_VISIBLE_DEVICES is '" + access.visibleDevices() + "', which hides every GPU: unset it, or name one.");
        }
    }

    private void onMissingLibraries() {
        List<CudaLibrary> unusable =
                diagnosis.cudaLibraries().stream().filter(library -> library.usable().isEmpty()).toList();
        List<CudaLibrary> missing = unusable.stream().filter(library -> library.usableElsewhere().isEmpty()).toList();
        if (!missing.isEmpty()) {
            advice.add("Missing: " + joined(missing, ", ", Advice::missing) + ". Install in NVIDIA's repository for Debian and"
                    + " Ubuntu " + joined(missing, ", ", this::packageOf) + ".");
        }
        List<String> files = unusable.stream().flatMap(library -> library.usableElsewhere().stream()).toList();
        if (!files.isEmpty()) {
            advice.add("Installed where the loader does not look: " + String.join(", ", files) + ". Add to LD_LIBRARY_PATH "
                    + joined(files, ":", file -> Path.of(file).getParent().toString()) + ".");
        }
    }

    private static String missing(CudaLibrary library) {
        return (library.needed() == null ? library.name() : library.needed()) + library.ofAnotherVersion()
                .map(file -> " (" + file + " does not replace it, being of another version)").orElse("");
    }

    private static <T> String joined(List<T> items, String separator, Function<T, String> words) {
        return items.stream().map(words).distinct().collect(Collectors.joining(separator));
    }

    private String packageOf(CudaLibrary library) {
        String prefix = PACKAGES.get(library.name());
        return prefix == null ? "cudnn9-cuda-" + cuda() : prefix + PACKAGED.getOrDefault(cuda(), cuda() + "-0");
    }

    /** The CUDA release that ONNX Runtime's provider is built for, by the version of the runtime library that it asks for. */
    private int cuda() {
        return diagnosis.cudaLibraries().stream().filter(library -> library.name().equals("libcudart") && library.needed() != null)
                .map(library -> Integer.parseInt(library.needed().replaceAll(".*\\.", ""))).findFirst().orElse(USUAL_CUDA);
    }

    private static int major(String driver) {
        return Integer.parseInt(driver.replaceAll("\\..*", ""));
    }
}
