// FusedSwiGLU for few rows (1 ≤ m ≤ 64) on Hopper, float16 and bfloat16. The kernel is described in decode_sm90_16bit.cu.
#pragma once

#include "cuda/device.h"
#include "math/float16.h"
#include "ops/problems.h"

namespace swiglu::cuda {

template <class T> bool decode_sm90_16bit_takes(const FusedSwiGLUProblem<T>& problem);
template <class T> cudaError_t decode_sm90_16bit(const FusedSwiGLUProblem<T>& problem, const Launch& launch);

}  // namespace swiglu::cuda
