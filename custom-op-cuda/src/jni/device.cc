#include "jni/device.h"

#include <cstring>
#include <new>

#include "ort/api.h"
#ifdef SWIGLU_CUDA
#include "jni/cuda_device.h"
#endif

namespace swiglu::jni {

namespace {

class Host : public Device {
 public:
  const char* memory_name() const override { return "Cpu"; }
  void write(void* to, const void* from, size_t bytes) const override { std::memcpy(to, from, bytes); }
  void read(void* to_host, const void* from, size_t bytes) const override { std::memcpy(to_host, from, bytes); }
  void zero(void* at, size_t bytes) const override { std::memset(at, 0, bytes); }
  void* allocate(size_t bytes) const override { return ::operator new(bytes, kAlignment); }
  void release(void* memory) const override { ::operator delete(memory, kAlignment); }

 private:
  static constexpr std::align_val_t kAlignment{64};  // what kernels get from ONNX Runtime too
};

}  // namespace

#ifdef SWIGLU_CUDA

std::unique_ptr<Device> open_device(int index) {
  if (index == kCpu) return std::make_unique<Host>();
  return std::make_unique<CudaDevice>(index);
}

size_t used_memory(int index) { return CudaDevice(index).used_memory(); }

#else

static ort::Failure no_cuda() {
  return {ORT_NOT_IMPLEMENTED, "this build of the operator library has no CUDA part; build it where nvcc is installed."};
}

std::unique_ptr<Device> open_device(int index) {
  if (index == kCpu) return std::make_unique<Host>();
  throw no_cuda();
}

size_t used_memory(int) { throw no_cuda(); }

#endif

}  // namespace swiglu::jni
