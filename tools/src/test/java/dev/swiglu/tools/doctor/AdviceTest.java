package dev.swiglu.tools.doctor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class AdviceTest {
    private static final RuntimeState CPU_PACKAGE = new RuntimeState("1.29.0", List.of("CPU"), null, null);
    private static final RuntimeState GPU_PACKAGE = new RuntimeState("1.29.0", List.of("CUDA", "CPU"), null, null);
    private static final OperatorLibrary LIBRARY = new OperatorLibrary("/cache/libswiglu_ort.so", null);
    private static final Nvidia NO_GPU = new Nvidia(null, false, List.of());
    private static final Nvidia H200 = new Nvidia("570.86.15", true, List.of(new Nvidia.Gpu("NVIDIA H200", "143771 MiB")));
    private static final List<CudaLibrary> CUDA = List.of(new CudaLibrary("libcudart", List.of("/usr/lib/libcudart.so.12"), List.of()));

    private static Diagnosis diagnosis(RuntimeState runtime, OperatorLibrary library, Nvidia nvidia, List<CudaLibrary> cuda) {
        return new Diagnosis("17", "Linux amd64", runtime, library, nvidia, cuda);
    }

    @Test
    void aMachineWithoutAGpuLacksNothing() {
        CudaLibrary missing = new CudaLibrary("libcudart", List.of(), List.of());
        Diagnosis healthy = diagnosis(CPU_PACKAGE, LIBRARY, NO_GPU, List.of(missing));
        assertEquals(List.of(), healthy.advice());
        assertTrue(healthy.cpuWorks());
        assertFalse(healthy.cudaWorks());
        assertEquals(List.of("works on          CPU"), DiagnosisText.of(healthy).stream().filter(line -> line.startsWith("works")).toList());
    }

    @Test
    void aCompleteGpuMachineLacksNothing() {
        Diagnosis complete = diagnosis(GPU_PACKAGE, LIBRARY, H200, CUDA);
        assertEquals(List.of(), complete.advice());
        assertTrue(complete.cudaWorks());
    }

    @Test
    void namesWhatAGpuMachineLacks() {
        Nvidia withoutDriver = new Nvidia(null, true, List.of());
        List<CudaLibrary> partly = List.of(new CudaLibrary("libcudnn", List.of(), List.of()),
                new CudaLibrary("libcublas", List.of(), List.of("/usr/local/cuda/lib64/libcublas.so.12")));
        List<String> advice = diagnosis(CPU_PACKAGE, LIBRARY, withoutDriver, partly).advice();
        assertEquals(4, advice.size(), advice.toString());
        assertTrue(advice.get(0).contains("install the NVIDIA driver"));
        assertTrue(advice.get(1).contains("onnxruntime_gpu"));
        assertTrue(advice.get(2).contains("cudnn9-cuda-12"));
        assertTrue(advice.get(3).contains("/usr/local/cuda/lib64/libcublas.so.12 to LD_LIBRARY_PATH"));
    }

    @Test
    void aProviderThatDoesNotLoadIsNoWorkingGpu() {
        RuntimeState broken = new RuntimeState("1.29.0", List.of("CUDA", "CPU"), null, "libcurand.so.10 is missing");
        Diagnosis diagnosis = diagnosis(broken, LIBRARY, H200, CUDA);
        assertFalse(diagnosis.cudaWorks());
        assertEquals(List.of("libcurand.so.10 is missing"), diagnosis.advice());
    }

    @Test
    void aLibraryThatDoesNotLoadComesFirst() {
        OperatorLibrary broken = new OperatorLibrary("/cache/libswiglu_ort.so", "The library does not load.");
        Diagnosis diagnosis = diagnosis(CPU_PACKAGE, broken, H200, CUDA);
        assertEquals("The library does not load.", diagnosis.advice().get(0));
        assertFalse(diagnosis.cpuWorks());
        RuntimeState none = new RuntimeState(null, List.of(), "java.lang.UnsatisfiedLinkError: GLIBC", null);
        assertTrue(diagnosis(none, broken, NO_GPU, CUDA).advice().get(0).startsWith("ONNX Runtime does not load"));
    }
}
