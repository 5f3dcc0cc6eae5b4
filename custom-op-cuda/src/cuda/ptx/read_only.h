// Access to memory that nobody writes from a thread's first read of it on: a kernel that may begin early has waited before.
#pragma once

#include "cuda/pack.h"

namespace swiglu::cuda::ptx {

// 16 bytes. That the first-level cache may keep them costs nothing: with L1::no_allocate the kernels were 5 % slower.
template <int kWidth, class T> __device__ __forceinline__ Pack<T, kWidth> load_constant(const T* from) {
  static_assert(sizeof(Pack<T, kWidth>) == 16, "one access moves 16 bytes");
  uint4 bits;
  asm volatile("ld.global.nc.v4.u32 {%0, %1, %2, %3}, [%4];"
               : "=r"(bits.x), "=r"(bits.y), "=r"(bits.z), "=r"(bits.w)
               : "l"(__cvta_generic_to_global(from)));
  return __builtin_bit_cast(Pack<T, kWidth>, bits);
}

}  // namespace swiglu::cuda::ptx
