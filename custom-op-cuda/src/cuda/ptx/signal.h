// Counters in global memory through which blocks of one launch tell each other what is done.
#pragma once

#include <cstdint>

namespace swiglu::cuda::ptx {

// Gives what the counter was. Whoever reads the new count with load_acquire sees all that was written before.
__device__ __forceinline__ uint32_t count_up(uint32_t* counter) {
  uint32_t before;
  asm volatile("atom.acq_rel.gpu.global.add.u32 %0, [%1], 1;" : "=r"(before) : "l"(__cvta_generic_to_global(counter)) : "memory");
  return before;
}

__device__ __forceinline__ uint32_t load_acquire(const uint32_t* counter) {
  uint32_t value;
  asm volatile("ld.acquire.gpu.global.u32 %0, [%1];" : "=r"(value) : "l"(__cvta_generic_to_global(counter)) : "memory");
  return value;
}

// Orders ordinary accesses and those of the copy engine, in global memory, too.
__device__ __forceinline__ void fence_all_proxies() { asm volatile("fence.proxy.async;" ::: "memory"); }

}  // namespace swiglu::cuda::ptx
