// The two 16-bit storage types and their conversions: widening is exact, narrowing rounds to nearest, ties to even, once.
// Everything is integer arithmetic without branches, so that loops over it vectorize on every instruction set; a GPU has
// instructions for it.
#pragma once

#include <cstdint>

#include "math/isa.h"

namespace swiglu {

struct float16 {
  uint16_t bits;
};

struct bfloat16 {
  uint16_t bits;
};

// The type in which a tensor's products are accumulated and its gate is evaluated.
template <class T> struct AccumulatorOf { using type = float; };
template <> struct AccumulatorOf<double> { using type = double; };
template <class T> using Accumulator = typename AccumulatorOf<T>::type;

}  // namespace swiglu

SWIGLU_BEGIN_ISA_NAMESPACE

#ifdef __CUDA_ARCH__
SWIGLU_INLINE uint32_t bits_of(float value) { return __float_as_uint(value); }
SWIGLU_INLINE float float_of(uint32_t bits) { return __uint_as_float(bits); }
#else
SWIGLU_INLINE uint32_t bits_of(float value) { return __builtin_bit_cast(uint32_t, value); }
SWIGLU_INLINE float float_of(uint32_t bits) { return __builtin_bit_cast(float, bits); }
#endif

#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
#define SWIGLU_HARDWARE_CONVERSIONS 1
#else
#define SWIGLU_HARDWARE_CONVERSIONS 0
#endif

SWIGLU_INLINE float widen(float value) { return value; }
SWIGLU_INLINE double widen(double value) { return value; }

SWIGLU_INLINE float widen(bfloat16 value) { return float_of(static_cast<uint32_t>(value.bits) << 16); }

// Shifting the fields into place leaves the exponent 112 too small; one exact product mends it, subnormals included.
SWIGLU_INLINE float widen(float16 value) {
#if SWIGLU_HARDWARE_CONVERSIONS
  float result;
  asm("cvt.f32.f16 %0, %1;" : "=f"(result) : "h"(value.bits));
  return result;
#else
  const uint32_t magnitude = static_cast<uint32_t>(value.bits & 0x7fffu) << 13;
  const uint32_t sign = static_cast<uint32_t>(value.bits & 0x8000u) << 16;
  const uint32_t finite = bits_of(float_of(magnitude) * 0x1p112f);
  const uint32_t special = magnitude | 0x7f800000u;
  return float_of((magnitude >= 0x0f800000u ? special : finite) | sign);
#endif
}

template <class T> T narrow(Accumulator<T> value);

template <> SWIGLU_INLINE float narrow<float>(float value) { return value; }
template <> SWIGLU_INLINE double narrow<double>(double value) { return value; }

template <> SWIGLU_INLINE bfloat16 narrow<bfloat16>(float value) {
#if SWIGLU_HARDWARE_CONVERSIONS
  bfloat16 result;
  asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(result.bits) : "f"(value));
  return result;
#else
  const uint32_t bits = bits_of(value);
  const uint32_t rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
  const uint32_t quiet = (bits >> 16) | 0x0040u;
  return {static_cast<uint16_t>((bits & 0x7fffffffu) > 0x7f800000u ? quiet : rounded)};
#endif
}

// Normal results round in the integer; subnormal ones by adding 0.5, whose last place is float16's smallest step.
template <> SWIGLU_INLINE float16 narrow<float16>(float value) {
#if SWIGLU_HARDWARE_CONVERSIONS
  float16 result;
  asm("cvt.rn.f16.f32 %0, %1;" : "=h"(result.bits) : "f"(value));
  return result;
#else
  const uint32_t sign = bits_of(value) & 0x80000000u;
  const uint32_t magnitude = bits_of(value) ^ sign;
  const uint32_t normal = (magnitude - 0x38000000u + 0x0fffu + ((magnitude >> 13) & 1u)) >> 13;
  const uint32_t subnormal = bits_of(float_of(magnitude) + 0.5f) - 0x3f000000u;
  const uint32_t special = magnitude > 0x7f800000u ? 0x7e00u : 0x7c00u;
  const uint32_t finite = magnitude < 0x38800000u ? subnormal : normal;
  return {static_cast<uint16_t>((magnitude >= 0x477ff000u ? special : finite) | (sign >> 16))};
#endif
}

SWIGLU_END_ISA_NAMESPACE
