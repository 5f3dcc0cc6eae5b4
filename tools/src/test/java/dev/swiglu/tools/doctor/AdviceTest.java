package dev.swiglu.tools.doctor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class AdviceTest {
    private static final RuntimeState CPU_PACKAGE = new RuntimeState("1.29.0", List.of("CPU"), null, null);
    private static final RuntimeState GPU_PACKAGE = new RuntimeState("1.29.0", List.of("CUDA", "CPU"), null, null);
    private static final OperatorLibrary LIBRARY = new OperatorLibrary("/cache/libswiglu_ort.so", null, null);
    private static final Nvidia NO_GPU = new Nvidia(null, false, List.of());
    private static final Nvidia H200 = new Nvidia("570.86.15", true, List.of(new Nvidia.Gpu("NVIDIA H200", "143771 MiB")));
    private static final List<CudaLibrary> CUDA = List.of(new CudaLibrary("libcudart", null, List.of("/usr/lib/libcudart.so.12"), List.of()));

    private static final GpuAccess OPEN = new GpuAccess(true, false, null);
    private static final RuntimeState UNUSABLE_GPU = new RuntimeState("1.29.0", List.of("CUDA", "CPU"), null, "It cannot use cuda:0.");

    private static Diagnosis diagnosis(RuntimeState runtime, OperatorLibrary library, Nvidia nvidia, List<CudaLibrary> cuda) {
        return diagnosis(runtime, library, nvidia, OPEN, cuda, false);
    }

    private static Diagnosis diagnosis(RuntimeState runtime, OperatorLibrary library, Nvidia nvidia, GpuAccess access,
            List<CudaLibrary> cuda, boolean gpuAsked) {
        return new Diagnosis("17", "Linux amd64", runtime, new RuntimeCache("/cache", true, List.of()), library, nvidia, access, cuda,
                gpuAsked);
    }

    private static String onlyAdvice(Diagnosis diagnosis) {
        assertEquals(1, diagnosis.advice().size(), diagnosis.advice().toString());
        return diagnosis.advice().get(0);
    }

    @Test
    void aMachineWithoutAGpuLacksNothing() {
        CudaLibrary missing = new CudaLibrary("libcudart", null, List.of(), List.of());
        Diagnosis healthy = diagnosis(CPU_PACKAGE, LIBRARY, NO_GPU, List.of(missing));
        assertEquals(List.of(), healthy.advice());
        assertTrue(healthy.cpuWorks());
        assertFalse(healthy.cudaWorks());
        assertEquals(List.of("works on          CPU"), DiagnosisText.of(healthy).stream().filter(line -> line.startsWith("works")).toList());
    }

    @Test
    void aCompleteGpuMachineLacksNothing() {
        CudaLibrary unseen = new CudaLibrary("libcudnn", null, List.of(), List.of());
        Diagnosis complete = diagnosis(GPU_PACKAGE, LIBRARY, H200, List.of(unseen));
        assertEquals(List.of(), complete.advice(), "what works needs no advice");
        assertTrue(complete.cudaWorks());
    }

    @Test
    void namesWhatAGpuMachineLacks() {
        Nvidia withoutDriver = new Nvidia(null, true, List.of());
        List<CudaLibrary> partly = List.of(new CudaLibrary("libcudnn", null, List.of(), List.of()),
                new CudaLibrary("libcublas", null, List.of(), List.of("/usr/local/cuda/lib64/libcublas.so.12")));
        List<String> advice = diagnosis(CPU_PACKAGE, LIBRARY, withoutDriver, partly).advice();
        assertEquals(4, advice.size(), advice.toString());
        assertTrue(advice.get(0).contains("install the NVIDIA driver"));
        assertTrue(advice.get(1).contains("onnxruntime_gpu"));
        assertTrue(advice.get(2).contains("cudnn9-cuda-12"));
        assertTrue(advice.get(3).endsWith("libcublas.so.12. Add to LD_LIBRARY_PATH /usr/local/cuda/lib64."));
    }

    @Test
    void aProviderThatDoesNotLoadIsNoWorkingGpu() {
        RuntimeState broken = new RuntimeState("1.29.0", List.of("CUDA", "CPU"), null, "libcurand.so.10 is missing");
        Diagnosis diagnosis = diagnosis(broken, LIBRARY, H200, CUDA);
        assertFalse(diagnosis.cudaWorks());
        assertEquals(List.of("libcurand.so.10 is missing"), diagnosis.advice());
    }

    @Test
    void aGpuThatWasAskedForIsNeeded() {
        Diagnosis healthy = diagnosis(GPU_PACKAGE, LIBRARY, H200, OPEN, CUDA, true);
        assertTrue(healthy.works() && healthy.advice().isEmpty(), healthy.advice().toString());
        Diagnosis none = diagnosis(UNUSABLE_GPU, LIBRARY, NO_GPU, OPEN, CUDA, true);
        assertFalse(none.works());
        assertEquals("There is no NVIDIA GPU in this machine.", onlyAdvice(none));
        assertTrue(diagnosis(UNUSABLE_GPU, LIBRARY, NO_GPU, OPEN, CUDA, false).works(), "the CPU is enough");
    }

    @Test
    void namesAContainerThatDoesNotReachTheGpuOfItsHost() {
        GpuAccess closed = new GpuAccess(false, true, null);
        assertTrue(onlyAdvice(diagnosis(UNUSABLE_GPU, LIBRARY, H200, closed, CUDA, false)).contains("Container Toolkit"));
        assertTrue(onlyAdvice(diagnosis(UNUSABLE_GPU, LIBRARY, NO_GPU, closed, CUDA, true)).contains("Container Toolkit"));
    }

    @Test
    void namesAVariableThatHidesTheGpu() {
        for (String hides : List.of("", "-1")) {
            Diagnosis hidden = diagnosis(UNUSABLE_GPU, LIBRARY, H200, new GpuAccess(true, false, hides), CUDA, false);
            assertTrue(onlyAdvice(hidden).startsWith("CUDA_VISIBLE_DEVICES is '" + hides + "'"), onlyAdvice(hidden));
        }
        GpuAccess second = new GpuAccess(true, false, "1");
        assertEquals("It cannot use cuda:0.", onlyAdvice(diagnosis(UNUSABLE_GPU, LIBRARY, H200, second, CUDA, false)));
    }

    @Test
    void namesLibrariesAndADriverOfAnotherCudaRelease() {
        CudaLibrary twelve = new CudaLibrary("libcublasLt", "libcublasLt.so.12", List.of("/usr/lib/libcublasLt.so.13"), List.of());
        assertEquals("Missing: libcublasLt.so.12 (/usr/lib/libcublasLt.so.13 does not replace it, being of another version). Install"
                + " in NVIDIA's repository for Debian and Ubuntu libcublas-12-8.",
                onlyAdvice(diagnosis(UNUSABLE_GPU, LIBRARY, H200, List.of(twelve))));

        CudaLibrary thirteen = new CudaLibrary("libcudart", "libcudart.so.13", List.of("/usr/lib/libcudart.so.13"), List.of());
        String driver = onlyAdvice(diagnosis(UNUSABLE_GPU, LIBRARY, H200, List.of(thirteen)));
        assertTrue(driver.contains("570.86.15 is too old") && driver.contains("CUDA 13: install driver 580"), driver);
        CudaLibrary missing = new CudaLibrary("libcudart", "libcudart.so.13", List.of(), List.of());
        assertTrue(diagnosis(UNUSABLE_GPU, LIBRARY, H200, List.of(missing)).advice().get(1).contains("cuda-cudart-13-0"));
    }

    @Test
    void anOperatorLibraryThatFailsOnTheGpuIsNoWorkingGpu() {
        OperatorLibrary cpuOnly = new OperatorLibrary("/cache/libswiglu_ort.so", null, "It is built without CUDA.");
        Diagnosis diagnosis = diagnosis(GPU_PACKAGE, cpuOnly, H200, CUDA);
        assertTrue(diagnosis.cpuWorks());
        assertFalse(diagnosis.cudaWorks());
        assertEquals("It is built without CUDA.", onlyAdvice(diagnosis));
    }

    @Test
    void aLibraryThatDoesNotLoadComesFirst() {
        OperatorLibrary broken = new OperatorLibrary("/cache/libswiglu_ort.so", "The library does not load.", null);
        Diagnosis diagnosis = diagnosis(CPU_PACKAGE, broken, H200, CUDA);
        assertEquals("The library does not load.", diagnosis.advice().get(0));
        assertFalse(diagnosis.cpuWorks());
        RuntimeState none = new RuntimeState(null, List.of(), "java.lang.UnsatisfiedLinkError: GLIBC", null);
        assertTrue(diagnosis(none, broken, NO_GPU, CUDA).advice().get(0).startsWith("ONNX Runtime does not load"));
    }
}
