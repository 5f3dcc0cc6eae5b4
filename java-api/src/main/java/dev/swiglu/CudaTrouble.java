package dev.swiglu;

import java.util.Arrays;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What usually keeps a GPU from being used: how ONNX Runtime, CUDA and the dynamic loader word it, and what to do. The first
 * that fits counts, so special cases come before general ones.
 */
public enum CudaTrouble {
    RUNTIME_WITHOUT_CUDA("CUDA execution provider is (?:either )?not enabled|found without CUDA",
            "This ONNX Runtime is built without CUDA: depend on com.microsoft.onnxruntime:onnxruntime_gpu instead of onnxruntime."),
    PROVIDER_NOT_FOUND("Failed to find CUDA shared provider|libonnxruntime_providers_\\w+\\.so: cannot open shared object file",
            "ONNX Runtime's CUDA provider is not there: depend on com.microsoft.onnxruntime:onnxruntime_gpu, and alone; where the"
                    + " property onnxruntime.native.path is set, its folder must have libonnxruntime_providers_cuda.so and"
                    + " libonnxruntime_providers_shared.so."),
    NO_DRIVER("libcuda\\.so\\.1: cannot open shared object file|CUDA driver is a stub library",
            "There is no NVIDIA driver: install it. In a container it comes from the host, by the NVIDIA Container Toolkit and"
                    + " 'docker run --gpus all' or its like."),
    MISSING_CUDNN("libcudnn\\w*\\.so[.\\d]*: cannot open shared object file|Unable to load any of \\{libcudnn"
            + "|cuDNN is (?:not available|unavailable)",
            "cuDNN is missing, or a part of it: install cuDNN 9 for the CUDA release that ONNX Runtime is built for (in NVIDIA's"
                    + " repository for Debian and Ubuntu cudnn9-cuda-12 or cudnn9-cuda-13), or add its folder to LD_LIBRARY_PATH."),
    MISSING_CUDA_LIBRARY("(lib(?:cublasLt|cublas|cudart|nvrtc)\\.so\\.(\\d+)[.\\d]*): cannot open shared object file",
            "This ONNX Runtime is built for CUDA %2$s, and the loader finds no %1$s: install CUDA %2$s's libraries, which another"
                    + " major release cannot replace, or add their folder to LD_LIBRARY_PATH."),
    MISSING_CUDA_PART("(lib(?:curand|cufft|cusparse|cusolver|nvJitLink)\\.so[.\\d]*): cannot open shared object file",
            "The loader finds no %1$s: install that part of the CUDA release that ONNX Runtime is built for, or add its folder to"
                    + " LD_LIBRARY_PATH."),
    MISSING_LIBRARY("(lib[\\w+.-]+\\.so[.\\d]*): cannot open shared object file",
            "The loader finds no %1$s: install it, or add its folder to LD_LIBRARY_PATH."),
    MIXED_LIBRARIES("undefined symbol: \\w+|symbol \\w+,? version \\S+ not defined in file|CUDNN_STATUS_\\w*VERSION_MISMATCH"
            + "|Cannot load symbol cudnn",
            "Libraries of different releases are mixed: the loader finds one that lacks what another needs. Take the folders of"
                    + " other CUDA or cuDNN releases out of LD_LIBRARY_PATH."),
    DRIVER_TOO_OLD("CUDA failure 35\\b|driver version is insufficient|cudaErrorInsufficientDriver|CUDA failure 222\\b"
            + "|PTX was compiled with an unsupported toolchain",
            "The NVIDIA driver is too old for the CUDA release that is used here: CUDA 12 needs driver 525.60 or newer, CUDA 13"
                    + " needs 580 or newer."),
    DRIVER_MIXED("CUDA failure 803\\b|unsupported display driver / cuda driver combination",
            "The driver's kernel module and its libcuda are of different versions: reboot after a driver update, and keep"
                    + " libcuda.so.1 of another version out of images and LD_LIBRARY_PATH."),
    COMPATIBILITY_PACKAGE("CUDA failure 804\\b|forward compatibility was attempted",
            "A cuda-compat package brings a libcuda that is newer than the driver, which this GPU does not allow: update the"
                    + " driver (of the host), or remove cuda-compat from LD_LIBRARY_PATH and the image."),
    FABRIC_MANAGER("CUDA failure 802\\b|system not yet initialized",
            "GPUs that are joined by NVSwitch need NVIDIA's fabric manager: install and start nvidia-fabricmanager in the version"
                    + " of the driver, on the host."),
    NO_GPU("CUDA failure 100\\b|no CUDA-capable device is detected|cudaErrorNoDevice",
            "The driver shows this process no GPU: look at 'nvidia-smi', at CUDA_VISIBLE_DEVICES, which hides them when it is"
                    + " empty, and in a container at its --gpus option and the devices /dev/nvidia*."),
    NO_SUCH_GPU("CUDA failure 101\\b|invalid device ordinal|cudaErrorInvalidDevice\\b",
            "There is no GPU of this number: they count from 0, among those that CUDA_VISIBLE_DEVICES lists."),
    GPU_TAKEN("CUDA failure 46\\b|devices are busy or unavailable",
            "Another process has the GPU for itself alone (compute mode 'exclusive'), or its partition is taken: end that process,"
                    + " or set the mode with 'nvidia-smi -c DEFAULT'."),
    OUT_OF_MEMORY("CUDA failure 2\\b|out of memory|cudaErrorMemoryAllocation|_STATUS_ALLOC_FAILED"
            + "|Failed to allocate memory for requested buffer",
            "Its memory is full: take a smaller batch or shorter sequences, close other sessions, and see with 'nvidia-smi' who"
                    + " else holds memory of a GPU."),
    NO_CODE_FOR_THIS_GPU("CUDA failure 209\\b|no kernel image is available|cudaErrorNoKernelImageForDevice|_STATUS_ARCH_MISMATCH",
            "A library has no code for this GPU's architecture. If it is the operator library, build it where nvcc knows the GPU;"
                    + " ONNX Runtime's packages leave out old and very new GPUs: take another release, or build it."),
    LIBRARY_DID_NOT_START("CU(?:DNN|BLAS)_STATUS_NOT_INITIALIZED|CUDNN_STATUS_INTERNAL_ERROR",
            "A CUDA library could not start on the GPU: its memory is full, or cuDNN and cuBLAS are not of the releases that fit"
                    + " together."),
    DRIVER_FAILED("CUDA failure (?:3|304|999)\\b|cudaErrorUnknown|cudaErrorInitializationError",
            "The driver does not work: see what 'nvidia-smi' and 'dmesg' say. After a suspended computer or a driver update, reload"
                    + " nvidia_uvm or reboot; a container also needs the device /dev/nvidia-uvm.");

    private final Pattern wording;
    private final String explanation;

    CudaTrouble(String wording, String explanation) {
        this.wording = Pattern.compile(wording);
        this.explanation = explanation;
    }

    /** Which trouble a message of ONNX Runtime's, CUDA's or the dynamic loader's tells of. */
    public static Optional<CudaTrouble> in(String message) {
        return Arrays.stream(values()).filter(trouble -> trouble.wording.matcher(message).find()).findFirst();
    }

    /** What a message means and what to do, in sentences; empty for a message that is not known. */
    public static Optional<String> explain(String message) {
        return in(message).map(trouble -> trouble.explanationOf(message));
    }

    private String explanationOf(String message) {
        Matcher found = wording.matcher(message);
        found.find();
        Object[] parts = new Object[found.groupCount()];
        for (int i = 0; i < parts.length; i++) {
            parts[i] = found.group(i + 1);
        }
        return explanation.formatted(parts);
    }
}
