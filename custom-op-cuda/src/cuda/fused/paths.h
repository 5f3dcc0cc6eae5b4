// FusedSwiGLU on CUDA: the kernels that there are, and which of them runs what. The formula is in ops/fused_swiglu.h.
#pragma once

#include "cuda/device.h"
#include "math/float16.h"
#include "ops/problems.h"

namespace swiglu::cuda {

enum class Path {
  automatic,    // the best for shape, type and chip
  gemm_sm90,    // TMA and wgmma, both accumulators in one block; float16 and bfloat16
  decode_sm90,  // few rows: weights as the wide operand, K split over clusters; float16 and bfloat16
  tf32_sm90,    // wgmma with the weights in registers; float32
  mma_sm80,     // mma.sync: any chip from sm_80 on, any alignment
  plain_smxx,   // no tensor cores: any chip, exact float32
};

// By its name above; null if there is none.
const char* name(Path path);
bool find_path(const char* name, Path* path);

// The path of the environment variable SWIGLU_CUDA_PATH, else automatic. If it names none, every call fails.
Path forced_path();

// Whether `path` can compute this problem at all on this chip.
template <class T> bool takes(Path path, const FusedSwiGLUProblem<T>& problem, const Device& device);

// The path that `automatic` stands for.
template <class T> Path choose(const FusedSwiGLUProblem<T>& problem, const Device& device);

// A path that cannot take the problem gives way to the chosen one.
template <class T> cudaError_t fused_swiglu(const FusedSwiGLUProblem<T>& problem, const Launch& launch, Path path = forced_path());

}  // namespace swiglu::cuda
