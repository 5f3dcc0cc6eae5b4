// The table of everything that this library gives to ONNX Runtime, and the entry point that hands it over.
#include "register.h"

#include <deque>
#include <mutex>
#include <string>

#include "cpu/provider.h"
#ifdef SWIGLU_CUDA
#include "cuda/provider.h"
#endif

namespace swiglu {

constexpr const char* kDomain = "dev.swiglu";

constexpr ONNXTensorElementDataType kFloat32 = ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT;
constexpr ONNXTensorElementDataType kFloat16 = ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16;
constexpr ONNXTensorElementDataType kBfloat16 = ONNX_TENSOR_ELEMENT_DATA_TYPE_BFLOAT16;
constexpr ONNXTensorElementDataType kFloat64 = ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE;

static const ort::KernelSpec kTable[] = {
    {&kFusedSwiGLU, cpu::kProvider, kFloat32, cpu::run_fused_swiglu<float>},
    {&kFusedSwiGLU, cpu::kProvider, kFloat16, cpu::run_fused_swiglu<float16>},
    {&kFusedSwiGLU, cpu::kProvider, kBfloat16, cpu::run_fused_swiglu<bfloat16>},
    {&kFusedSwiGLU, cpu::kProvider, kFloat64, cpu::run_fused_swiglu<double>},

    {&kFusedSwiGLUGrad, cpu::kProvider, kFloat32, cpu::run_fused_swiglu_grad<float>},
    {&kFusedSwiGLUGrad, cpu::kProvider, kFloat16, cpu::run_fused_swiglu_grad<float16>},
    {&kFusedSwiGLUGrad, cpu::kProvider, kBfloat16, cpu::run_fused_swiglu_grad<bfloat16>},
    {&kFusedSwiGLUGrad, cpu::kProvider, kFloat64, cpu::run_fused_swiglu_grad<double>},

    {&kSwiGLU, cpu::kProvider, kFloat32, cpu::run_swiglu<float>},
    {&kSwiGLU, cpu::kProvider, kFloat16, cpu::run_swiglu<float16>},
    {&kSwiGLU, cpu::kProvider, kBfloat16, cpu::run_swiglu<bfloat16>},
    {&kSwiGLU, cpu::kProvider, kFloat64, cpu::run_swiglu<double>},

    {&kSwiGLUGrad, cpu::kProvider, kFloat32, cpu::run_swiglu_grad<float>},
    {&kSwiGLUGrad, cpu::kProvider, kFloat16, cpu::run_swiglu_grad<float16>},
    {&kSwiGLUGrad, cpu::kProvider, kBfloat16, cpu::run_swiglu_grad<bfloat16>},
    {&kSwiGLUGrad, cpu::kProvider, kFloat64, cpu::run_swiglu_grad<double>},

#ifdef SWIGLU_CUDA
    {&kFusedSwiGLU, cuda::kProvider, kFloat32, cuda::run_fused_swiglu<float>},
    {&kFusedSwiGLU, cuda::kProvider, kFloat16, cuda::run_fused_swiglu<float16>},
    {&kFusedSwiGLU, cuda::kProvider, kBfloat16, cuda::run_fused_swiglu<bfloat16>},

    {&kFusedSwiGLUGrad, cuda::kProvider, kFloat32, cuda::run_fused_swiglu_grad<float>},
    {&kFusedSwiGLUGrad, cuda::kProvider, kFloat16, cuda::run_fused_swiglu_grad<float16>},
    {&kFusedSwiGLUGrad, cuda::kProvider, kBfloat16, cuda::run_fused_swiglu_grad<bfloat16>},

    {&kSwiGLU, cuda::kProvider, kFloat32, cuda::run_swiglu<float>},
    {&kSwiGLU, cuda::kProvider, kFloat16, cuda::run_swiglu<float16>},
    {&kSwiGLU, cuda::kProvider, kBfloat16, cuda::run_swiglu<bfloat16>},

    {&kSwiGLUGrad, cuda::kProvider, kFloat32, cuda::run_swiglu_grad<float>},
    {&kSwiGLUGrad, cuda::kProvider, kFloat16, cuda::run_swiglu_grad<float16>},
    {&kSwiGLUGrad, cuda::kProvider, kBfloat16, cuda::run_swiglu_grad<bfloat16>},
#endif
};

// Whether the CUDA rows are there and can run: a library built for CUDA 13 cannot run on a driver for CUDA 12.
static bool serves_gpus() {
#ifdef SWIGLU_CUDA
  static const bool serves = cuda::driver_is_new_enough();
  return serves;
#else
  return false;
#endif
}

// Who computes FusedSwiGLU in a session on the CPU, by the session configuration entry of this name:
//   kernel    ours (the default)
//   function  the model's own local function: ONNX Runtime inlines it, and its MatMul keeps constant weights packed from one run
//             to the next, which a custom operator cannot have without keeping a second copy of them
// A session on a GPU, which a second entry tells ("cuda:0"), has our CUDA kernel, or the function where that cannot run: its
// nodes shall not be carried to the CPU and back. That is what happens to float64, which has kernels for the CPU only.
constexpr const char* kCpuFusionEntry = "dev.swiglu.cpu_fusion";
constexpr const char* kDeviceEntry = "dev.swiglu.device";

// Empty for a value that is too long to mean anything here.
static std::string entry(const OrtSessionOptions* options, const char* name, const char* otherwise) {
  int present = 0;
  ort::check(ort::api().HasSessionConfigEntry(options, name, &present));
  if (!present) return otherwise;
  char value[16] = {};
  size_t size = sizeof value;
  return ort::succeeded(ort::api().GetSessionConfigEntry(options, name, value, &size)) ? value : "";
}

static bool inlines_fusion(const OrtSessionOptions* options) {
  const std::string choice = entry(options, kCpuFusionEntry, "kernel");
  if (choice != "kernel" && choice != "function") {
    throw ort::invalid("session configuration entry " + std::string(kCpuFusionEntry) + " must be kernel or function.");
  }
  const bool on_gpu = entry(options, kDeviceEntry, "").rfind("cuda", 0) == 0;
  return on_gpu ? !serves_gpus() : choice == "function";
}

// Operators and their domains outlive every session that uses them, so they are made once and never released.
static OrtCustomOpDomain* make_domain(bool inline_fusion) {
  static std::deque<ort::CustomOp> ops;
  OrtCustomOpDomain* domain = nullptr;
  ort::check(ort::api().CreateCustomOpDomain(kDomain, &domain));
  for (const ort::KernelSpec& kernel : kTable) {
    if (kernel.provider != cpu::kProvider && !serves_gpus()) continue;
    // One kernel, of whichever provider, would hide the function.
    if (inline_fusion && kernel.op == &kFusedSwiGLU) continue;
    ort::check(ort::api().CustomOpDomain_Add(domain, &ops.emplace_back(kernel)));
  }
  return domain;
}

static OrtCustomOpDomain* domain_for(const OrtSessionOptions* options) {
  static std::mutex making;
  static OrtCustomOpDomain* domains[2] = {};
  const bool inline_fusion = inlines_fusion(options);
  const std::lock_guard<std::mutex> lock(making);
  OrtCustomOpDomain*& domain = domains[inline_fusion];
  if (domain == nullptr) domain = make_domain(inline_fusion);
  return domain;
}

void register_operators(OrtSessionOptions* options) { ort::check(ort::api().AddCustomOpDomain(options, domain_for(options))); }

}  // namespace swiglu

extern "C" __attribute__((visibility("default"))) OrtStatus* ORT_API_CALL RegisterCustomOps(OrtSessionOptions* options,
                                                                                            const OrtApiBase* base) {
  using namespace swiglu;
  const std::string version = base->GetVersionString();
  const OrtApi* api = ort::is_supported(version.c_str()) ? base->GetApi(ort::kApiVersion) : nullptr;
  if (api == nullptr) {
    // Only an API of the runtime's own can make a status; version 1 is in every release.
    const std::string sentence =
        std::string("swiglu_ort needs ONNX Runtime ") + ort::kOldestRuntime + " or newer; this is " + version + ".";
    return base->GetApi(1)->CreateStatus(ORT_NOT_IMPLEMENTED, sentence.c_str());
  }
  if (!ort::set_runtime(api, version.c_str())) {
    return api->CreateStatus(ORT_FAIL, "this process has another copy of ONNX Runtime, which swiglu_ort serves already; "
                                       "it serves one, so load ONNX Runtime once, for all that use it.");
  }
  return ort::guarded([&] { register_operators(options); });
}
