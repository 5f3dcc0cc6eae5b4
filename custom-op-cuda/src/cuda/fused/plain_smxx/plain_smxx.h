// FusedSwiGLU without tensor cores, on any chip: exact float32 products, any size and alignment. The kernel is described in plain_smxx.cu.
#pragma once

#include "cuda/device.h"
#include "math/float16.h"
#include "ops/problems.h"

namespace swiglu::cuda {

template <class T> cudaError_t plain_smxx(const FusedSwiGLUProblem<T>& problem, const Launch& launch);

}  // namespace swiglu::cuda
