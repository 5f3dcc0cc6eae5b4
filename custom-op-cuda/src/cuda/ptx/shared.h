// Shared memory as PTX addresses it.
#pragma once

#include <cstdint>

namespace swiglu::cuda::ptx {

__device__ __forceinline__ uint32_t shared_address(const void* pointer) {
  return static_cast<uint32_t>(__cvta_generic_to_shared(pointer));
}

}  // namespace swiglu::cuda::ptx
