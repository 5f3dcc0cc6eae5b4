// The CUDA execution provider's side of the table in register.cc: everything runs on the stream that ONNX Runtime hands over.
#pragma once

#include "cuda/elementwise_smxx.h"
#include "cuda/fused/paths.h"
#include "ops/fused_swiglu.h"
#include "ops/swiglu.h"

namespace swiglu::cuda {

constexpr const char* kProvider = "CUDAExecutionProvider";

inline cudaStream_t stream_of(const ort::Call& call) {
  void* stream = nullptr;
  ort::check(ort::api().KernelContext_GetGPUComputeStream(call.context(), &stream));
  return static_cast<cudaStream_t>(stream);
}

inline void check(cudaError_t error) {
  if (error != cudaSuccess) throw ort::Failure(ORT_FAIL, std::string("CUDA: ") + cudaGetErrorString(error) + ".");
}

template <class T> void run_swiglu(const ort::Call& call) { check(swiglu(swiglu_problem<T>(call), stream_of(call))); }

template <class T> void run_swiglu_grad(const ort::Call& call) {
  check(swiglu_grad(swiglu_grad_problem<T>(call), stream_of(call)));
}

template <class T> void run_fused_swiglu(const ort::Call& call) {
  check(fused_swiglu(fused_swiglu_problem<T>(call), Launch{current_device(), stream_of(call)}));
}

}  // namespace swiglu::cuda
