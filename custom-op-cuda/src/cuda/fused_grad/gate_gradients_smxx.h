// The derivative of FusedSwiGLU's gate where gate and up are there, and the gradients of the biases in the same pass, on any chip. The
// kernel is described in gate_gradients_smxx.cu.
#pragma once

#include "cuda/device.h"
#include "math/float16.h"
#include "ops/problems.h"

namespace swiglu::cuda {

// Of the problem's outputs, makes Y, db_gate and db_up; d_gate and d_up are [m, n], null where nobody needs them, and may lie where
// gate and up do.
template <class T>
cudaError_t gate_gradients_smxx(const FusedSwiGLUGradProblem<T>& problem, T* d_gate, T* d_up, const Launch& launch);

// The problem's db_gate and db_up, as sums of d_gate and d_up as they are stored.
template <class T>
cudaError_t column_sums_smxx(const FusedSwiGLUGradProblem<T>& problem, T* d_gate, T* d_up, const Launch& launch);

}  // namespace swiglu::cuda
