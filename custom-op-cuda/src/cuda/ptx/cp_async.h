// Asynchronous copies of 16 bytes from global to shared memory (sm_80). A thread's copies form groups, which finish in order.
#pragma once

#include <cstdint>

namespace swiglu::cuda::ptx {

// Without `given`, 16 zeros are written and nothing is read, wherever `from` points.
__device__ __forceinline__ void copy_16_or_zeros(uint32_t to, const void* from, bool given) {
  asm volatile("cp.async.cg.shared.global.L2::128B [%0], [%1], 16, %2;" ::"r"(to), "l"(__cvta_generic_to_global(from)),
               "r"(given ? 16 : 0)
               : "memory");
}

__device__ __forceinline__ void end_copy_group() { asm volatile("cp.async.commit_group;" ::: "memory"); }

// Until at most the newest `kGroups` of this thread's groups are unfinished.
template <int kGroups> __device__ __forceinline__ void wait_for_copies() {
  asm volatile("cp.async.wait_group %0;" ::"n"(kGroups) : "memory");
}

}  // namespace swiglu::cuda::ptx
