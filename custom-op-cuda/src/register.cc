// The table of everything that this library gives to ONNX Runtime, and the entry point that hands it over.
#include <cstring>
#include <deque>
#include <mutex>

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

    {&kSwiGLU, cuda::kProvider, kFloat32, cuda::run_swiglu<float>},
    {&kSwiGLU, cuda::kProvider, kFloat16, cuda::run_swiglu<float16>},
    {&kSwiGLU, cuda::kProvider, kBfloat16, cuda::run_swiglu<bfloat16>},

    {&kSwiGLUGrad, cuda::kProvider, kFloat32, cuda::run_swiglu_grad<float>},
    {&kSwiGLUGrad, cuda::kProvider, kFloat16, cuda::run_swiglu_grad<float16>},
    {&kSwiGLUGrad, cuda::kProvider, kBfloat16, cuda::run_swiglu_grad<bfloat16>},
#endif
};

// How sessions on the CPU compute FusedSwiGLU, by the session configuration entry of this name:
//   kernel    ours (the default)
//   function  the model's own local function: ONNX Runtime inlines it, and its MatMul keeps constant weights packed from one run
//             to the next, which a custom operator cannot have without keeping a second copy of them
constexpr const char* kCpuFusionEntry = "dev.swiglu.cpu_fusion";

static bool inlines_on_cpu(const OrtSessionOptions* options) {
  int present = 0;
  ort::check(ort::api().HasSessionConfigEntry(options, kCpuFusionEntry, &present));
  if (!present) return false;
  char value[16] = {};
  size_t size = sizeof value;
  const bool read = ort::succeeded(ort::api().GetSessionConfigEntry(options, kCpuFusionEntry, value, &size));
  if (read && std::strcmp(value, "function") == 0) return true;
  if (read && std::strcmp(value, "kernel") == 0) return false;
  throw ort::invalid("session configuration entry " + std::string(kCpuFusionEntry) + " must be kernel or function.");
}

// Operators and their domains outlive every session that uses them, so they are made once and never released.
static OrtCustomOpDomain* make_domain(bool inline_on_cpu) {
  static std::deque<ort::CustomOp> ops;
  OrtCustomOpDomain* domain = nullptr;
  ort::check(ort::api().CreateCustomOpDomain(kDomain, &domain));
  for (const ort::KernelSpec& kernel : kTable) {
    if (inline_on_cpu && kernel.op == &kFusedSwiGLU && kernel.provider == cpu::kProvider) continue;
    ort::check(ort::api().CustomOpDomain_Add(domain, &ops.emplace_back(kernel)));
  }
  return domain;
}

static OrtCustomOpDomain* domain_for(const OrtSessionOptions* options) {
  static std::mutex making;
  static OrtCustomOpDomain* domains[2] = {};
  const bool inline_on_cpu = inlines_on_cpu(options);
  const std::lock_guard<std::mutex> lock(making);
  OrtCustomOpDomain*& domain = domains[inline_on_cpu];
  if (domain == nullptr) domain = make_domain(inline_on_cpu);
  return domain;
}

}  // namespace swiglu

extern "C" __attribute__((visibility("default"))) OrtStatus* ORT_API_CALL RegisterCustomOps(OrtSessionOptions* options,
                                                                                            const OrtApiBase* base) {
  using namespace swiglu;
  const OrtApi* api = base->GetApi(ort::kApiVersion);
  if (api == nullptr) {
    // Only an API of the runtime's own can make a status; version 1 is in every release.
    const std::string sentence = "swiglu_ort needs ONNX Runtime 1.22 or newer; this is " + std::string(base->GetVersionString()) + ".";
    return base->GetApi(1)->CreateStatus(ORT_NOT_IMPLEMENTED, sentence.c_str());
  }
  ort::set_runtime(api, base->GetVersionString());
  return ort::guarded([&] { ort::check(ort::api().AddCustomOpDomain(options, domain_for(options))); });
}
