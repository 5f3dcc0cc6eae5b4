// exp and erfc for the activations. The float exponential is written so that loops over it vectorize:
//   eˣ = 2ⁿ · eʳ,  n = round(x / ln 2),  |r| ≤ ln 2 / 2,  eʳ by a polynomial;  error below 2 units in the last place,
// subnormal results included (2ⁿ is applied in two factors). NaN stays NaN.
#pragma once

#include <cmath>

#include "math/float16.h"

SWIGLU_BEGIN_ISA_NAMESPACE

#ifdef __CUDACC__

__device__ __forceinline__ float power_of_two(float t) {
  float result;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(result) : "f"(t));
  return result;
}

#endif

SWIGLU_INLINE float reciprocal(float x) {
#ifdef __CUDA_ARCH__
  float result;
  asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(result) : "f"(x));
  return result;
#else
  return 1.0f / x;
#endif
}

SWIGLU_INLINE double reciprocal(double x) { return 1.0 / x; }

#ifdef __CUDA_ARCH__

SWIGLU_INLINE float exponential(float x) {
  constexpr float kUnderflow = -104.0f, kOverflow = 89.0f;
  constexpr float kLog2E = 1.44269502163f, kLog2ELow = 1.92596303e-8f, kLn2 = 0.693147182465f;
  x = x < kUnderflow ? kUnderflow : x;
  x = x > kOverflow ? kOverflow : x;
  const float t = x * kLog2E;
  const float rest = fmaf(x, kLog2ELow, fmaf(x, kLog2E, -t));
  return power_of_two(t) * fmaf(rest, kLn2, 1.0f);
}

#else

SWIGLU_INLINE float exponential(float x) {
  constexpr float kUnderflow = -104.0f, kOverflow = 89.0f;
  constexpr float kRounder = 0x1.8p23f;
  constexpr float kLog2E = 1.44269504088896341f, kLn2High = 0.693359375f, kLn2Low = -2.12194440e-4f;
  x = x < kUnderflow ? kUnderflow : x;
  x = x > kOverflow ? kOverflow : x;
  const float shifted = x * kLog2E + kRounder;
  const float n = shifted - kRounder;
  const float r = (x - n * kLn2High) - n * kLn2Low;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  const float value = p * (r * r) + r + 1.0f;
  const int32_t exponent = static_cast<int32_t>(bits_of(shifted)) - static_cast<int32_t>(bits_of(kRounder));
  const int32_t half = exponent >> 1;
  const float first = float_of(static_cast<uint32_t>(half + 127) << 23);
  const float second = float_of(static_cast<uint32_t>(exponent - half + 127) << 23);
  return value * first * second;
}

#endif

SWIGLU_INLINE double exponential(double x) { return std::exp(x); }

SWIGLU_INLINE float complementary_error(float x) { return std::erfc(x); }
SWIGLU_INLINE double complementary_error(double x) { return std::erfc(x); }

SWIGLU_END_ISA_NAMESPACE
