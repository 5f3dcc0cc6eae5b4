// Matrices from the registers of a warp to shared memory (sm_90); ptx/mma.h has the way back.
#pragma once

#include <cstdint>

namespace swiglu::cuda::ptx {

// Four 8 x 16-byte matrices; lane 8i + j names row j of matrix i, and gives bytes 4t of row g of each (lane = 4·g + t).
__device__ __forceinline__ void store_matrices(uint32_t address, uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
  asm volatile("stmatrix.sync.aligned.m8n8.x4.shared.b16 [%0], {%1, %2, %3, %4};" ::"r"(address), "r"(a), "r"(b), "r"(c), "r"(d)
               : "memory");
}

}  // namespace swiglu::cuda::ptx
