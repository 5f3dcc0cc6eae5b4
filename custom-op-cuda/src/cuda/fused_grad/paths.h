// FusedSwiGLUGrad on CUDA: which kernels run what, in which order. The formulas are in ops/fused_swiglu.h.
//
// First d_gate and d_up, with Y and the biases' gradients on the way, then the products. Where gate and up are not given they are made in
// the place of d_gate and d_up; on Hopper, in 16 bits and without biases' gradients, one kernel makes d_gate and d_up at once and gate
// and up are never stored. float32 has no Hopper kernel of its own: its products are mma_sm80's TF32 there.
#pragma once

#include "cuda/fused/paths.h"

namespace swiglu::cuda {

// The elements of device memory that the gradient needs beyond its outputs: d_gate and d_up, [m, n] each, for the products; none where
// only biases' gradients or Y are wanted of gate and up that are given, or Y alone.
template <class T> int64_t scratch_elements(const FusedSwiGLUGradProblem<T>& problem);

// Whether `path` can compute the products of this problem: gemm_sm90, mma_sm80 and plain_smxx are paths of the gradient.
template <class T> bool takes(Path path, const FusedSwiGLUGradProblem<T>& problem, const Device& device);

// The path that `automatic` stands for.
template <class T> Path choose(const FusedSwiGLUGradProblem<T>& problem, const Device& device);

// `scratch` has scratch_elements() and begins at a multiple of 128 bytes. A path that cannot take the problem gives way to the chosen one.
template <class T>
cudaError_t fused_swiglu_grad(const FusedSwiGLUGradProblem<T>& problem, T* scratch, const Launch& launch, Path path = forced_path());

}  // namespace swiglu::cuda
