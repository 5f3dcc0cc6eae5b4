// The GPU that the calling thread has current, and what kernels are chosen by.
#pragma once

#include <cuda_runtime_api.h>

namespace swiglu::cuda {

struct Device {
  int index = 0;
  int capability = 0;  // 10 · major + minor
  int multiprocessors = 0;
};

// Asked of the driver once for each device.
const Device& current_device();

// Where a kernel runs: on the current device, in `stream`, and nowhere else.
struct Launch {
  const Device& device;
  cudaStream_t stream;
};

// Lets `kernel` have `bytes` of dynamic shared memory on the current device.
cudaError_t allow_shared_memory(const void* kernel, int bytes);

}  // namespace swiglu::cuda
