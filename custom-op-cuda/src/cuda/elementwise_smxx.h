// SwiGLU and SwiGLUGrad on any NVIDIA GPU; the formulas are in ops/swiglu.h, the gate in math/activation.h.
// Launched on `stream`, nothing else is touched; the error of the launch is returned.
#pragma once

#include <cuda_runtime_api.h>

#include "math/float16.h"
#include "ops/problems.h"

namespace swiglu::cuda {

template <class T> cudaError_t swiglu(const SwiGLUProblem<T>& problem, cudaStream_t stream);
template <class T> cudaError_t swiglu_grad(const SwiGLUGradProblem<T>& problem, cudaStream_t stream);

}  // namespace swiglu::cuda
