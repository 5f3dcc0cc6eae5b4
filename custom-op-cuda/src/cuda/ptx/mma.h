// Tensor core products of one warp (sm_80): c += a·b on 16 x 8 tiles, 32 bytes of depth at a time, that is 16 elements of 16 bits or
// 8 of TF32. With lane = 4·g + t:
//   a[0..3]  rows g, g+8, g, g+8;  bytes 4t of the first, first, second, second 16 bytes of depth
//   b[0..1]  column g;             bytes 4t of the first, second 16 bytes of depth
//   c[0..3]  rows g, g, g+8, g+8;  columns 2t, 2t+1, 2t, 2t+1
// So one ldmatrix gives a from rows of X and b from rows of transposed weights, for either width of element.
#pragma once

#include <cstdint>

#include "math/float16.h"

namespace swiglu::cuda::ptx {

// Four 8 x 16-byte matrices; lane 8i + j names row j of matrix i, and gets bytes 4t of row g of each.
__device__ __forceinline__ void load_matrices(uint32_t (&to)[4], uint32_t address) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3])
               : "r"(address)
               : "memory");
}

// The same with each matrix of 8 x 8 16-bit elements transposed: rows 2t and 2t+1 of column g.
__device__ __forceinline__ void load_matrices_transposed(uint32_t (&to)[4], uint32_t address) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3])
               : "r"(address)
               : "memory");
}

__device__ __forceinline__ uint32_t load_word(uint32_t address) {
  uint32_t word;
  asm volatile("ld.shared.b32 %0, [%1];" : "=r"(word) : "r"(address) : "memory");
  return word;
}

__device__ __forceinline__ uint32_t round_to_tf32(uint32_t word) {
  uint32_t result;
  asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(result) : "f"(__uint_as_float(word)));
  return result;
}

template <class T> __device__ void multiply_add(float (&c)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]);

#define SWIGLU_MULTIPLY_ADD(T, kind)                                                                                            \
  template <> __device__ __forceinline__ void multiply_add<T>(float (&c)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) { \
    asm("mma.sync.aligned." kind " {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"                              \
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])                                                                         \
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));                                                     \
  }
SWIGLU_MULTIPLY_ADD(float16, "m16n8k16.row.col.f32.f16.f16.f32")
SWIGLU_MULTIPLY_ADD(bfloat16, "m16n8k16.row.col.f32.bf16.bf16.f32")
SWIGLU_MULTIPLY_ADD(float, "m16n8k8.row.col.f32.tf32.tf32.f32")
#undef SWIGLU_MULTIPLY_ADD

}  // namespace swiglu::cuda::ptx
