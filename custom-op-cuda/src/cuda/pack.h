// Adjacent elements that move between memory and registers in one access of up to 16 bytes.
#pragma once

#include <cstdint>

namespace swiglu::cuda {

template <class T, int kWidth> struct alignas(sizeof(T) * kWidth) Pack {
  T values[kWidth];
};

// How many elements 16 bytes hold.
template <class T> constexpr int kPackWidth = 16 / sizeof(T);

template <int kWidth, class T> __host__ __device__ bool aligned_for_packs(const T* pointer) {
  return reinterpret_cast<uintptr_t>(pointer) % (sizeof(T) * kWidth) == 0;
}

template <int kWidth, class T> __device__ __forceinline__ Pack<T, kWidth> load_pack(const T* from) {
  return *reinterpret_cast<const Pack<T, kWidth>*>(from);
}

template <int kWidth, class T> __device__ __forceinline__ void store_pack(T* to, const Pack<T, kWidth>& pack) {
  *reinterpret_cast<Pack<T, kWidth>*>(to) = pack;
}

}  // namespace swiglu::cuda
