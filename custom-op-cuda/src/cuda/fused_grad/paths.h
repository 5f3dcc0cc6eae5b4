// FusedSwiGLUGrad on CUDA: which kernels run what, in which order. The formulas are in ops/fused_swiglu.h.
//
// First d_gate and d_up, with Y and the biases' gradients on the way, then the products. Where gate and up are not given they are made in
// the place of d_gate and d_up. On Hopper, in 16 bits, gate and up are never stored: one kernel makes d_gate and d_up at once; and where
// they are given and a weight's gradient is wanted, one kernel does everything. float32 has no Hopper kernel of its own: its products are
// mma_sm80's TF32 there.
#pragma once

#include "cuda/fused/paths.h"

namespace swiglu::cuda {

// The bytes of device memory that the gradient needs beyond its outputs: d_gate and d_up, m·n elements each, for the products; none where
// only biases' gradients or Y are wanted of gate and up that are given, or Y alone. The kernel that does everything needs some counters
// more, 4·(n/256)·(m/256 + 1) bytes.
template <class T> size_t scratch_bytes(const FusedSwiGLUGradProblem<T>& problem, const Device& device);

// Whether `path` can compute the products of this problem: gemm_sm90, mma_sm80 and plain_smxx are paths of the gradient.
template <class T> bool takes(Path path, const FusedSwiGLUGradProblem<T>& problem, const Device& device);

// The path that `automatic` stands for.
template <class T> Path choose(const FusedSwiGLUGradProblem<T>& problem, const Device& device);

// `scratch` has scratch_bytes() and begins at a multiple of 128 bytes. A path that cannot take the problem gives way to the chosen one.
template <class T>
cudaError_t fused_swiglu_grad(const FusedSwiGLUGradProblem<T>& problem, void* scratch, const Launch& launch, Path path = forced_path());

}  // namespace swiglu::cuda
