// The elementwise kernels of the unfused graph, each one pass over memory in 16-byte accesses; it rounds after every one of them.
// And a kernel that does nothing.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

#include "math/float16.h"

namespace bench {

// out = σ(a), out = a ⊙ b; `count` elements are a multiple of 16 bytes.
template <class T> void sigmoid(const T* a, T* out, int64_t count, cudaStream_t stream);
template <class T> void multiply(const T* a, const T* b, T* out, int64_t count, cudaStream_t stream);

// Keeps apart what is launched before and after: neither overlaps with it.
void pause(cudaStream_t stream);

}  // namespace bench
