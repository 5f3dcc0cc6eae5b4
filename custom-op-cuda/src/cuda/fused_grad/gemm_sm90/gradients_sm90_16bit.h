// The gradient of FusedSwiGLU on Hopper where gate and up are given and a weight's gradient is wanted, float16 and bfloat16. The kernel is
// described in gradients_sm90_16bit.cu. d_gate and d_up are [m, n]; `scratch` has the bytes that gradients_sm90_16bit_scratch says.
#pragma once

#include <cstddef>

#include "cuda/device.h"
#include "math/float16.h"
#include "ops/problems.h"

namespace swiglu::cuda {

template <class T> bool gradients_sm90_16bit_takes(const FusedSwiGLUGradProblem<T>& problem);
template <class T> size_t gradients_sm90_16bit_scratch(const FusedSwiGLUGradProblem<T>& problem);
template <class T>
cudaError_t gradients_sm90_16bit(const FusedSwiGLUGradProblem<T>& problem, T* d_gate, T* d_up, void* scratch, const Launch& launch);

}  // namespace swiglu::cuda
