// FusedSwiGLU through mma.sync, on every chip from sm_80 on: float16, bfloat16 and, as TF32 products, float32. Any size and alignment.
// The kernel is described in mma_sm80.cu.
#pragma once

#include "cuda/device.h"
#include "math/float16.h"
#include "ops/problems.h"

namespace swiglu::cuda {

template <class T> cudaError_t mma_sm80(const FusedSwiGLUProblem<T>& problem, const Launch& launch);

}  // namespace swiglu::cuda
