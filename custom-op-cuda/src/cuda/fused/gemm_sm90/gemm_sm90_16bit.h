// FusedSwiGLU for many rows on Hopper, float16 and bfloat16. The kernel is described in gemm_sm90_16bit.cu.
#pragma once

#include "cuda/device.h"
#include "math/float16.h"
#include "ops/problems.h"

namespace swiglu::cuda {

template <class T> bool gemm_sm90_16bit_takes(const FusedSwiGLUProblem<T>& problem);
template <class T> cudaError_t gemm_sm90_16bit(const FusedSwiGLUProblem<T>& problem, const Launch& launch);

}  // namespace swiglu::cuda
