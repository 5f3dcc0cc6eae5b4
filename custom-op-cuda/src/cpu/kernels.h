// The CPU kernels of all four operators, in the best version for the machine that runs.
#pragma once

#include "cpu/workers.h"
#include "math/float16.h"
#include "ops/problems.h"

namespace swiglu::cpu {

template <class T> struct Kernels {
  void (*swiglu)(const SwiGLUProblem<T>&, const Workers&);
  void (*swiglu_grad)(const SwiGLUGradProblem<T>&, const Workers&);
  void (*fused_swiglu)(const FusedSwiGLUProblem<T>&, const Workers&);
  void (*fused_swiglu_grad)(const FusedSwiGLUGradProblem<T>&, const Workers&);
};

struct KernelSet {
  const char* instruction_set;
  Kernels<float> float32;
  Kernels<float16> half;
  Kernels<bfloat16> brain;
  Kernels<double> float64;

  template <class T> const Kernels<T>& of() const;
};

template <> inline const Kernels<float>& KernelSet::of<float>() const { return float32; }
template <> inline const Kernels<float16>& KernelSet::of<float16>() const { return half; }
template <> inline const Kernels<bfloat16>& KernelSet::of<bfloat16>() const { return brain; }
template <> inline const Kernels<double>& KernelSet::of<double>() const { return float64; }

// Chosen once, by what the processor can do. The environment variable SWIGLU_CPU (baseline, avx2, avx512) forces a lower one.
const KernelSet& kernels();

}  // namespace swiglu::cpu
