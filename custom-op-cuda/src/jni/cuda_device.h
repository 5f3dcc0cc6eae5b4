// A GPU's memory, through the CUDA runtime that the library carries and a stream that does not wait for the default one.
#pragma once

#include <cuda_runtime_api.h>

#include "jni/device.h"

namespace swiglu::jni {

class CudaDevice : public Device {
 public:
  explicit CudaDevice(int index);
  ~CudaDevice() override;
  CudaDevice(const CudaDevice&) = delete;
  CudaDevice& operator=(const CudaDevice&) = delete;

  const char* memory_name() const override { return "Cuda"; }
  void write(void* to, const void* from, size_t bytes) const override;
  void read(void* to_host, const void* from, size_t bytes) const override;
  void zero(void* at, size_t bytes) const override;
  void* allocate(size_t bytes) const override;
  void release(void* memory) const override;
  size_t used_memory() const;

 private:
  void transfer(void* to, const void* from, size_t bytes, cudaMemcpyKind kind) const;

  int index_;
  cudaStream_t stream_ = nullptr;
};

}  // namespace swiglu::jni
