// The derivative of FusedSwiGLU's gate on Hopper where gate and up are not given, float16 and bfloat16: they are recomputed and met by
// dY in one kernel, described in gate_gradients_sm90_16bit.cu. d_gate and d_up are [m, n].
#pragma once

#include "cuda/device.h"
#include "math/float16.h"
#include "ops/problems.h"

namespace swiglu::cuda {

template <class T> bool gate_gradients_sm90_16bit_takes(const FusedSwiGLUGradProblem<T>& problem);
template <class T>
cudaError_t gate_gradients_sm90_16bit(const FusedSwiGLUGradProblem<T>& problem, T* d_gate, T* d_up, const Launch& launch);

}  // namespace swiglu::cuda
