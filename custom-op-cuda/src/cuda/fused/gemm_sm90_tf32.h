// FusedSwiGLU in float32 with TF32 products on Hopper. The kernel is described in gemm_sm90_tf32.cu.
#pragma once

#include "cuda/device.h"
#include "math/float16.h"
#include "ops/problems.h"

namespace swiglu::cuda {

bool gemm_sm90_tf32_takes(const FusedSwiGLUProblem<float>& problem);
cudaError_t gemm_sm90_tf32(const FusedSwiGLUProblem<float>& problem, const Launch& launch);

}  // namespace swiglu::cuda
