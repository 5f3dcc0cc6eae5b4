#include "cuda/device.h"

#include <cassert>
#include <mutex>

namespace swiglu::cuda {

static Device ask(int index) {
  int major = 0, minor = 0, multiprocessors = 0;
  cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, index);
  cudaDeviceGetAttribute(&minor, cudaDevAttrComputeCapabilityMinor, index);
  cudaDeviceGetAttribute(&multiprocessors, cudaDevAttrMultiProcessorCount, index);
  return {index, 10 * major + minor, multiprocessors};
}

bool driver_is_new_enough() {
  int driver = 0;
  return cudaDriverGetVersion(&driver) == cudaSuccess && driver / 1000 >= CUDART_VERSION / 1000;
}

const Device& current_device() {
  static std::array<Device, kMostDevices> devices;
  static std::array<std::once_flag, kMostDevices> asked;
  int index = 0;
  cudaGetDevice(&index);
  assert(index < kMostDevices && "more devices than this table has room for");
  std::call_once(asked[index], [&] { devices[index] = ask(index); });
  return devices[index];
}

cudaError_t allow_shared_memory(const void* kernel, int bytes) {
  return cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, bytes);
}

}  // namespace swiglu::cuda
