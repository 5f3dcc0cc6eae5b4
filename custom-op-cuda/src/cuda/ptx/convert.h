// Pairs of 16-bit numbers in one register, the first in the lower half, from and to float32.
#pragma once

#include <cstdint>

#include "math/float16.h"

namespace swiglu::cuda::ptx {

#if SWIGLU_HARDWARE_CONVERSIONS

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

#else

template <class T> __device__ __forceinline__ uint32_t pack(float low, float high) {
  return narrow<T>(low).bits | static_cast<uint32_t>(narrow<T>(high).bits) << 16;
}

#endif

struct PairOfFloats {
  float low, high;
};

template <class T> __device__ __forceinline__ PairOfFloats unpack(uint32_t pair);

template <> __device__ __forceinline__ PairOfFloats unpack<bfloat16>(uint32_t pair) {
  return {float_of(pair << 16), float_of(pair & 0xffff0000u)};
}

template <> __device__ __forceinline__ PairOfFloats unpack<float16>(uint32_t pair) {
  return {widen(float16{static_cast<uint16_t>(pair)}), widen(float16{static_cast<uint16_t>(pair >> 16)})};
}

}  // namespace swiglu::cuda::ptx
