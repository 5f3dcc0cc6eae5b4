// Shared memory as PTX addresses it.
#pragma once

#include <cstdint>

namespace swiglu::cuda::ptx {

__device__ __forceinline__ uint32_t shared_address(const void* pointer) {
  return static_cast<uint32_t>(__cvta_generic_to_shared(pointer));
}

// The same number, computed here: what follows from it is not computed ahead, where it would take registers for a long time.
__device__ __forceinline__ uint32_t computed_here(uint32_t value) {
  asm volatile("" : "+r"(value));
  return value;
}

}  // namespace swiglu::cuda::ptx
