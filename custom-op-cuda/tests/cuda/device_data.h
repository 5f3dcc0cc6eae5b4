// Random numbers, and fingerprints of results, made where the tensors are.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

#include "math/float16.h"

namespace test {

// Normally distributed, the same for the same seed; elements are numbered from 0 at `to`.
template <class T> void fill_normal(T* to, int64_t count, double scale, uint64_t seed, cudaStream_t stream);

// Of all bits and their places; `bytes` is even. Waits for the stream.
uint64_t fingerprint(const void* data, int64_t bytes, cudaStream_t stream);

}  // namespace test
