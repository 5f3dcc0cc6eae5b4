package dev.swiglu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class CudaTroubleTest {

    /**
     * Real messages: where people have reported them (in microsoft/onnxruntime unless another project is named), in which release
     * of ONNX Runtime they stand, or in the wording of the loader's and of CUDA's own list of errors.
     */
    private enum Message {
        CPU_PACKAGE(CudaTrouble.RUNTIME_WITHOUT_CUDA, "CUDA execution provider is not enabled in this build. "),
        // 1.29
        CPU_PACKAGE_NEWER(CudaTrouble.RUNTIME_WITHOUT_CUDA, "CUDA execution provider is either not enabled or not available."),
        // Java, 1.29
        NO_PROVIDER_FILE(CudaTrouble.PROVIDER_NOT_FOUND, "Error code - ORT_EP_FAIL - message: Failed to find CUDA shared provider"),
        NO_SHARED_PROVIDER(CudaTrouble.PROVIDER_NOT_FOUND, "Failed to load library libonnxruntime_providers_shared.so with error:"
                + " libonnxruntime_providers_shared.so: cannot open shared object file: No such file or directory"),
        NO_DRIVER(CudaTrouble.NO_DRIVER, loading("libcuda.so.1")),
        NO_CUDNN_8(CudaTrouble.MISSING_CUDNN, loading("libcudnn.so.8")), // #19616
        NO_CUDNN_9(CudaTrouble.MISSING_CUDNN, loading("libcudnn.so.9")), // #25609
        NO_CUDNN_PART(CudaTrouble.MISSING_CUDNN, loading("libcudnn_adv.so.9")), // memoavatar/memo#13
        // modelscope/ms-swift#3390
        NO_CUDNN_SYMBOL(CudaTrouble.MISSING_CUDNN, "Unable to load any of {libcudnn_graph.so.9.1.0, libcudnn_graph.so.9.1,"
                + " libcudnn_graph.so.9, libcudnn_graph.so}\nInvalid handle. Cannot load symbol cudnnCreate"),
        // 1.29
        NO_CUDNN_NEWER(CudaTrouble.MISSING_CUDNN, "cuDNN is not available. Install cuDNN, update the system library search path, or"
                + " set enable_cudnn=0 to force native CUDA paths where available."),
        NO_CUBLAS_11(CudaTrouble.MISSING_CUDA_LIBRARY, loading("libcublas.so.11")), // #12540, from Java
        // pykeio/ort#548, with CUDA 13 installed
        NO_CUBLAS_LT_12(CudaTrouble.MISSING_CUDA_LIBRARY, loading("libcublasLt.so.12")),
        // as System.load words it
        NO_CUDART_13(CudaTrouble.MISSING_CUDA_LIBRARY, "/opt/libonnxruntime_providers_cuda.so: libcudart.so.13: cannot open shared"
                + " object file: No such file or directory"),
        NO_CUFFT(CudaTrouble.MISSING_CUDA_PART, loading("libcufft.so.11")),
        NO_CURAND(CudaTrouble.MISSING_CUDA_PART, loading("libcurand.so.10")),
        NO_STDCPP(CudaTrouble.MISSING_LIBRARY, loading("libstdc++.so.6")),
        // #8594
        MIXED_CUBLAS(CudaTrouble.MIXED_LIBRARIES, "libcublas.so.11: symbol free_gemm_select version libcublasLt.so.11 not defined in"
                + " file libcublasLt.so.11 with link time reference"),
        // pytorch#188892
        MIXED_CUDNN(CudaTrouble.MIXED_LIBRARIES, "RuntimeError: cuDNN error: CUDNN_STATUS_SUBLIBRARY_VERSION_MISMATCH"),
        // onnxruntime/mobius#316
        OLD_DRIVER(CudaTrouble.DRIVER_TOO_OLD, cuda("35: CUDA driver version is insufficient for CUDA runtime version")),
        NEW_PTX(CudaTrouble.DRIVER_TOO_OLD, cuda("222: the provided PTX was compiled with an unsupported toolchain.")),
        UPDATED_DRIVER(CudaTrouble.DRIVER_MIXED, cuda("803: system has unsupported display driver / cuda driver combination")),
        // #17864
        COMPATIBILITY(CudaTrouble.COMPATIBILITY_PACKAGE, cuda("804: forward compatibility was attempted on non supported HW")),
        FABRIC(CudaTrouble.FABRIC_MANAGER, cuda("802: system not yet initialized")),
        HIDDEN(CudaTrouble.NO_GPU, cuda("100: no CUDA-capable device is detected")), // #11561
        ORDINAL(CudaTrouble.NO_SUCH_GPU, cuda("101: invalid device ordinal")), // itsnine/yolov5-onnxruntime#20
        TAKEN(CudaTrouble.GPU_TAKEN, cuda("46: all CUDA-capable devices are busy or unavailable")),
        FULL(CudaTrouble.OUT_OF_MEMORY, cuda("2: out of memory")),
        // #9939
        FULL_ARENA(CudaTrouble.OUT_OF_MEMORY, "Non-zero status code returned while running FusedMatMul node. Name:'MatMul_92' Status"
                + " Message: /onnxruntime_src/onnxruntime/core/framework/bfc_arena.cc:331 void* onnxruntime::BFCArena::"
                + "AllocateRawInternal(size_t, bool) Failed to allocate memory for requested buffer of size 8388608000"),
        FULL_CUBLAS(CudaTrouble.OUT_OF_MEMORY, "CUBLAS failure 3: CUBLAS_STATUS_ALLOC_FAILED ; GPU=0"),
        // #22441
        ARCHITECTURE(CudaTrouble.NO_CODE_FOR_THIS_GPU, "Non-zero status code returned while running Sigmoid node. Status Message: CUDA"
                + " error cudaErrorNoKernelImageForDevice:no kernel image is available for execution on the device"),
        // ours
        OUR_ARCHITECTURE(CudaTrouble.NO_CODE_FOR_THIS_GPU, "CUDA: no kernel image is available for execution on the device."),
        // #26322
        CUDNN_STARTS_NOT(CudaTrouble.LIBRARY_DID_NOT_START, "CUDNN failure 1001: CUDNN_STATUS_NOT_INITIALIZED ; GPU=0"),
        // #2386
        CUBLAS_STARTS_NOT(CudaTrouble.LIBRARY_DID_NOT_START, "CUBLAS failure 1: CUBLAS_STATUS_NOT_INITIALIZED ; GPU=0"),
        UNKNOWN(CudaTrouble.DRIVER_FAILED, cuda("999: unknown error")), // #14211
        NOT_INITIALIZED(CudaTrouble.DRIVER_FAILED, cuda("3: initialization error")); // #8381

        private final CudaTrouble trouble;
        private final String text;

        Message(CudaTrouble trouble, String text) {
            this.trouble = trouble;
            this.text = text;
        }

        private static String loading(String missing) {
            return "Error code - ORT_RUNTIME_EXCEPTION - message: /onnxruntime_src/onnxruntime/core/session/provider_bridge_ort.cc:1029"
                    + " onnxruntime::Provider& onnxruntime::ProviderLibrary::Get() [ONNXRuntimeError] : 1 : FAIL : Failed to load"
                    + " library libonnxruntime_providers_cuda.so with error: " + missing
                    + ": cannot open shared object file: No such file or directory";
        }

        private static String cuda(String failure) {
            return "/onnxruntime_src/onnxruntime/core/providers/cuda/cuda_call.cc:114 std::conditional_t<THRW, void, onnxruntime::"
                    + "common::Status> onnxruntime::CudaCall(ERRTYPE, const char*, const char*, SUCCTYPE, const char*, const char*, int)"
                    + " [with ERRTYPE = cudaError; bool THRW = true] CUDA failure " + failure + " ; GPU=0 ; hostname=h ;"
                    + " file=/onnxruntime_src/onnxruntime/core/providers/cuda/cuda_execution_provider.cc ; line=336 ;"
                    + " expr=cudaSetDevice(info_.device_id); ";
        }
    }

    @ParameterizedTest
    @EnumSource
    void isRecognized(Message message) {
        assertEquals(message.trouble, CudaTrouble.in(message.text).orElseThrow());
        String explanation = CudaTrouble.explain(message.text).orElseThrow();
        assertFalse(explanation.contains("%") || explanation.contains("null"), explanation);
    }

    @Test
    void eachIsKnownByAMessage() {
        Set<CudaTrouble> known = Arrays.stream(Message.values()).map(message -> message.trouble)
                .collect(Collectors.toCollection(() -> EnumSet.noneOf(CudaTrouble.class)));
        assertEquals(EnumSet.allOf(CudaTrouble.class), known);
    }

    @Test
    void namesTheLibraryAndTheReleaseThatAreMissing() {
        String explanation = CudaTrouble.explain(Message.NO_CUBLAS_LT_12.text).orElseThrow();
        assertTrue(explanation.contains("built for CUDA 12") && explanation.contains("no libcublasLt.so.12:"), explanation);
    }

    @Test
    void otherFailuresAreLeftAlone() {
        String message = "ONNX Runtime could not open model.onnx: [ShapeInferenceError] Mismatch between inferred dimensions";
        assertTrue(CudaTrouble.explain(message).isEmpty());
        assertEquals(message, new ModelException(message).getMessage());
        String full = Message.FULL_ARENA.text;
        assertTrue(new ModelException(full).getMessage().startsWith(full + " Its memory is full"));
    }
}
