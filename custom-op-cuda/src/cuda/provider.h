// The CUDA execution provider's side of the table in register.cc: everything runs on the device and the stream that ONNX Runtime
// hands over.
#pragma once

#include "cuda/elementwise_smxx.h"
#include "cuda/fused_grad/paths.h"
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
  if (error == cudaSuccess) return;
  cudaGetLastError();  // forgets it, or the next launch of this thread would be blamed for it
  throw ort::Failure(ORT_FAIL, std::string("CUDA: ") + cudaGetErrorString(error) + ".");
}

// Makes a device current for the calling thread, and the one before it at the end: ONNX Runtime's threads serve sessions on
// different devices.
class CurrentDevice {
 public:
  explicit CurrentDevice(int index) : index_(index) {
    check(cudaGetDevice(&before_));
    if (index_ != before_) check(cudaSetDevice(index_));
  }
  ~CurrentDevice() {
    if (index_ != before_) cudaSetDevice(before_);
  }
  CurrentDevice(const CurrentDevice&) = delete;
  CurrentDevice& operator=(const CurrentDevice&) = delete;

 private:
  int index_;
  int before_ = 0;
};

// The first input is there on every call, whichever the operator, and lies on the device of the session.
inline int device_of(const ort::Call& call) { return call.input_device(0); }

template <class T> void run_swiglu(const ort::Call& call) {
  const CurrentDevice device(device_of(call));
  check(swiglu(swiglu_problem<T>(call), stream_of(call)));
}

template <class T> void run_swiglu_grad(const ort::Call& call) {
  const CurrentDevice device(device_of(call));
  check(swiglu_grad(swiglu_grad_problem<T>(call), stream_of(call)));
}

template <class T> void run_fused_swiglu(const ort::Call& call) {
  const CurrentDevice device(device_of(call));
  check(fused_swiglu(fused_swiglu_problem<T>(call), Launch{current_device(), stream_of(call)}));
}

template <class T> void run_fused_swiglu_grad(const ort::Call& call) {
  const CurrentDevice device(device_of(call));
  const FusedSwiGLUGradProblem<T> problem = fused_swiglu_grad_problem<T>(call);
  const ort::DeviceScratch scratch(call, scratch_bytes(problem, current_device()));
  check(fused_swiglu_grad(problem, scratch.data<void>(), Launch{current_device(), stream_of(call)}));
}

}  // namespace swiglu::cuda
