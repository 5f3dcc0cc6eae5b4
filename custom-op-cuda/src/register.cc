// The table of everything that this library gives to ONNX Runtime, and the entry point that hands it over.
#include <deque>

#include "cpu/provider.h"

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
};

// Operators and their domain outlive every session that uses them, so they are made once and never released.
static OrtCustomOpDomain* make_domain() {
  static std::deque<ort::CustomOp> ops;
  OrtCustomOpDomain* domain = nullptr;
  ort::check(ort::api().CreateCustomOpDomain(kDomain, &domain));
  for (const ort::KernelSpec& kernel : kTable) {
    ort::check(ort::api().CustomOpDomain_Add(domain, &ops.emplace_back(kernel)));
  }
  return domain;
}

}  // namespace swiglu

extern "C" __attribute__((visibility("default"))) OrtStatus* ORT_API_CALL RegisterCustomOps(OrtSessionOptions* options, const OrtApiBase* base) {
  using namespace swiglu;
  const OrtApi* api = base->GetApi(ort::kApiVersion);
  if (api == nullptr) {
    // Only an API of the runtime's own can make a status; version 1 is in every release.
    const std::string sentence = "swiglu_ort needs ONNX Runtime 1.17 or newer; this is " + std::string(base->GetVersionString()) + ".";
    return base->GetApi(1)->CreateStatus(ORT_NOT_IMPLEMENTED, sentence.c_str());
  }
  ort::set_api(api);
  return ort::guarded([&] {
    static OrtCustomOpDomain* const domain = make_domain();
    ort::check(ort::api().AddCustomOpDomain(options, domain));
  });
}
