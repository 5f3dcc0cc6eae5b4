// Adjacent elements that move between memory and registers in one access of up to 16 bytes.
#pragma once

#include <cstdint>

#include "cuda/ptx/convert.h"
#include "math/float16.h"

namespace swiglu::cuda {

template <class T, int kWidth> struct alignas(sizeof(T) * kWidth) Pack {
  T values[kWidth];
};

// How many elements 16 bytes hold.
template <class T> constexpr int kPackWidth = 16 / sizeof(T);

template <int kWidth, class T> __host__ __device__ bool aligned_for_packs(const T* pointer) {
  return reinterpret_cast<uintptr_t>(pointer) % (sizeof(T) * kWidth) == 0;
}

// A pack's elements as float32. Those of 16 bits pass by twos, as the registers hold them.
template <int kWidth> struct Floats {
  float values[kWidth];
};

template <int kWidth> struct Words {
  uint32_t values[kWidth / 2];
};

template <class T, int kWidth> __device__ __forceinline__ Floats<kWidth> widen_pack(const Pack<T, kWidth>& pack) {
  if constexpr (sizeof(T) == 2) {
    const auto words = __builtin_bit_cast(Words<kWidth>, pack);
    Floats<kWidth> result;
#pragma unroll
    for (int i = 0; i < kWidth / 2; ++i) {
      const ptx::PairOfFloats pair = ptx::unpack<T>(words.values[i]);
      result.values[2 * i] = pair.low, result.values[2 * i + 1] = pair.high;
    }
    return result;
  } else {
    return __builtin_bit_cast(Floats<kWidth>, pack);
  }
}

template <class T, int kWidth> __device__ __forceinline__ Pack<T, kWidth> narrow_pack(const Floats<kWidth>& floats) {
  if constexpr (sizeof(T) == 2) {
    Words<kWidth> words;
#pragma unroll
    for (int i = 0; i < kWidth / 2; ++i) words.values[i] = ptx::pack<T>(floats.values[2 * i], floats.values[2 * i + 1]);
    return __builtin_bit_cast(Pack<T, kWidth>, words);
  } else {
    return __builtin_bit_cast(Pack<T, kWidth>, floats);
  }
}

template <int kWidth, class T> __device__ __forceinline__ Pack<T, kWidth> load_pack(const T* from) {
  return *reinterpret_cast<const Pack<T, kWidth>*>(from);
}

template <int kWidth, class T> __device__ __forceinline__ void store_pack(T* to, const Pack<T, kWidth>& pack) {
  *reinterpret_cast<Pack<T, kWidth>*>(to) = pack;
}

}  // namespace swiglu::cuda
