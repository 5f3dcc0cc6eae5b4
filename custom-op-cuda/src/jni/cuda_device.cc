#include "jni/cuda_device.h"

#include "cuda/provider.h"

namespace swiglu::jni {

using cuda::check;
using cuda::CurrentDevice;

CudaDevice::CudaDevice(int index) : index_(index) {
  if (!cuda::driver_is_new_enough()) {
    throw ort::Failure(ORT_EP_FAIL, "the operator library is built for CUDA " + std::to_string(CUDART_VERSION / 1000) +
                                        ", and this machine's NVIDIA driver serves only older releases.");
  }
  const CurrentDevice current(index_);
  check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking));
}

// Gives something back, where nobody can be told of a failure and none may get out.
template <class Body> static void quietly(int device, const Body& body) noexcept {
  try {
    const CurrentDevice current(device);
    check(body());
  } catch (const ort::Failure&) {
  }
}

CudaDevice::~CudaDevice() {
  quietly(index_, [&] { return cudaStreamDestroy(stream_); });
}

void CudaDevice::transfer(void* to, const void* from, size_t bytes, cudaMemcpyKind kind) const {
  if (bytes == 0) return;
  const CurrentDevice current(index_);
  check(cudaMemcpyAsync(to, from, bytes, kind, stream_));
  check(cudaStreamSynchronize(stream_));
}

void CudaDevice::write(void* to, const void* from, size_t bytes) const { transfer(to, from, bytes, cudaMemcpyDefault); }

void CudaDevice::read(void* to_host, const void* from, size_t bytes) const {
  transfer(to_host, from, bytes, cudaMemcpyDeviceToHost);
}

void CudaDevice::zero(void* at, size_t bytes) const {
  if (bytes == 0) return;
  const CurrentDevice current(index_);
  check(cudaMemsetAsync(at, 0, bytes, stream_));
  check(cudaStreamSynchronize(stream_));
}

void* CudaDevice::allocate(size_t bytes) const {
  const CurrentDevice current(index_);
  void* memory = nullptr;
  check(cudaMalloc(&memory, bytes));
  return memory;
}

void CudaDevice::release(void* memory) const {
  quietly(index_, [&] { return cudaFree(memory); });
}

size_t CudaDevice::used_memory() const {
  const CurrentDevice current(index_);
  size_t free = 0, total = 0;
  check(cudaMemGetInfo(&free, &total));
  return total - free;
}

}  // namespace swiglu::jni
