package dev.swiglu.tools.doctor;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What to install or change so that what is missing works. A machine without a GPU lacks nothing. */
final class Advice {
    /** Debian's and Ubuntu's names in NVIDIA's package repository, for CUDA 12. */
    private static final Map<String, String> PACKAGES = Map.of(
            "libcudart", "cuda-cudart-12-8", "libcublas", "libcublas-12-8", "libcublasLt", "libcublas-12-8",
            "libcudnn", "cudnn9-cuda-12");

    private Advice() {}

    static List<String> on(Diagnosis diagnosis) {
        List<String> advice = new ArrayList<>();
        if (diagnosis.onnxRuntime().problem() != null) {
            advice.add("ONNX Runtime does not load: put com.microsoft.onnxruntime:onnxruntime 1.22 or newer on the class path.");
        } else if (!diagnosis.cpuWorks()) {
            advice.add(diagnosis.operatorLibrary().problem());
        }
        if (diagnosis.nvidia().hardware()) {
            adviseOnGpu(diagnosis, advice);
        }
        return List.copyOf(advice);
    }

    private static void adviseOnGpu(Diagnosis diagnosis, List<String> advice) {
        if (diagnosis.nvidia().driver() == null) {
            advice.add("There is an NVIDIA GPU without a driver: install the NVIDIA driver, 525.60 or newer.");
        }
        if (diagnosis.onnxRuntime().problem() == null && !diagnosis.onnxRuntime().hasCuda()) {
            advice.add("To use the GPU, put com.microsoft.onnxruntime:onnxruntime_gpu on the class path instead of onnxruntime.");
        }
        for (CudaLibrary library : diagnosis.cudaLibraries()) {
            if (library.found().isEmpty()) {
                advice.add(library.elsewhere().isEmpty() ? library.name() + " is missing: install it, in NVIDIA's repository for"
                        + " Debian and Ubuntu the package " + PACKAGES.get(library.name()) + "."
                        : library.name() + " is installed where the loader does not look: add the folder of "
                                + library.elsewhere().get(0) + " to LD_LIBRARY_PATH.");
            }
        }
        if (diagnosis.onnxRuntime().cudaProblem() != null) {
            advice.add(diagnosis.onnxRuntime().cudaProblem());
        }
    }
}
