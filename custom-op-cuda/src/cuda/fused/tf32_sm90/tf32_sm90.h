// FusedSwiGLU in float32 with TF32 products on Hopper. The kernel is described in tf32_sm90.cu.
#pragma once

#include "cuda/device.h"
#include "math/float16.h"
#include "ops/problems.h"

namespace swiglu::cuda {

bool tf32_sm90_takes(const FusedSwiGLUProblem<float>& problem);
cudaError_t tf32_sm90(const FusedSwiGLUProblem<float>& problem, const Launch& launch);

}  // namespace swiglu::cuda
