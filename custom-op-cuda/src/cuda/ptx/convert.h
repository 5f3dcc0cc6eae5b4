// Two float32 rounded to a pair of 16-bit numbers in one register, `low` in the lower half.
#pragma once

#include <cstdint>

#include "math/float16.h"

namespace swiglu::cuda::ptx {

template <class T> __device__ __forceinline__ uint32_t pack(float low, float high);

template <> __device__ __forceinline__ uint32_t pack<bfloat16>(float low, float high) {
  uint32_t pair;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(pair) : "f"(high), "f"(low));
  return pair;
}

template <> __device__ __forceinline__ uint32_t pack<float16>(float low, float high) {
  uint32_t pair;
  asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(pair) : "f"(high), "f"(low));
  return pair;
}

}  // namespace swiglu::cuda::ptx
