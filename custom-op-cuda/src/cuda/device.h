// The GPU that the calling thread has current, and what kernels are chosen by.
#pragma once

#include <cuda_runtime_api.h>

#include <array>
#include <atomic>

namespace swiglu::cuda {

constexpr int kMostDevices = 64;

struct Device {
  int index = 0;
  int capability = 0;  // 10 · major + minor
  int multiprocessors = 0;
};

// Whether the driver, if there is one, serves the CUDA release that this was built with.
bool driver_is_new_enough();

// Asked of the driver once for each device.
const Device& current_device();

// Where a kernel runs: on the current device, in `stream`, and nowhere else.
struct Launch {
  const Device& device;
  cudaStream_t stream;
};

// Lets `kernel` have `bytes` of dynamic shared memory on the current device.
cudaError_t allow_shared_memory(const void* kernel, int bytes);

// A number that is found out once for each device. Threads that come first may all find it out; they find the same.
class OncePerDevice {
 public:
  template <class Find> cudaError_t get(const Device& device, int* value, const Find& find) {
    std::atomic<int>& known = known_[device.index];
    *value = known.load(std::memory_order_acquire) - 1;
    if (*value != kUnknown - 1) return cudaSuccess;
    const cudaError_t error = find(value);
    if (error == cudaSuccess) known.store(*value + 1, std::memory_order_release);
    return error;
  }

 private:
  static constexpr int kUnknown = 0;  // known numbers are kept plus one
  std::array<std::atomic<int>, kMostDevices> known_ = {};
};

}  // namespace swiglu::cuda
