// Device memory that a launch takes beyond its tensors.
#pragma once

#include <cuda_runtime_api.h>

#include "cuda/device_memory.h"

namespace bench {

inline int64_t free_bytes() {
  size_t free = 0, total = 0;
  test::check(cudaMemGetInfo(&free, &total));
  return static_cast<int64_t>(free);
}

// What cudaMemGetInfo says is gone after a launch, the first of which loads the kernel. Nothing comes and goes meanwhile: every
// launch that is timed is captured, and cudaMalloc fails where a stream is captured.
template <class Launch> int64_t peak_bytes(cudaStream_t stream, const Launch& launch) {
  launch();
  test::check(cudaStreamSynchronize(stream), "first launch");
  const int64_t before = free_bytes();
  launch();
  test::check(cudaStreamSynchronize(stream), "launch");
  return before - free_bytes();
}

}  // namespace bench
