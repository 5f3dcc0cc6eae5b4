// Tensors on the GPU for tests: surrounded by guards, all bytes 0xff (NaN in every type) until somebody writes them.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace test {

inline void check(cudaError_t error, const char* what = "CUDA") {
  if (error == cudaSuccess) return;
  std::printf("FAILED: %s: %s\n", what, cudaGetErrorString(error));
  std::exit(1);
}

inline int device_count() {
  int devices = 0;
  return cudaGetDeviceCount(&devices) == cudaSuccess ? devices : 0;
}

// True, with a sentence, where there is no GPU to run on.
inline bool lacks_gpu() {
  int devices = 0;
  const cudaError_t error = cudaGetDeviceCount(&devices);
  if (error == cudaSuccess && devices > 0) return false;
  std::printf("skipped: no GPU here (%s)\n", error == cudaSuccess ? "no device" : cudaGetErrorString(error));
  return true;
}

constexpr unsigned char kPoison = 0xff;

// A guard would hide from compute-sanitizer what lies just outside a tensor, so there it is 0.
inline int64_t guard_bytes = 1024;

template <class T> class Tensor {
 public:
  // `shift` elements past the alignment of cudaMalloc.
  explicit Tensor(int64_t count, int64_t shift = 0) : count_(count), shift_(shift), guard_(guard_bytes) {
    check(cudaMalloc(reinterpret_cast<void**>(&raw_), bytes()), "cudaMalloc");
    poison();
  }
  Tensor(const std::vector<T>& values, int64_t shift = 0) : Tensor(values.size(), shift) {
    check(cudaMemcpy(data(), values.data(), values.size() * sizeof(T), cudaMemcpyHostToDevice));
  }
  Tensor(const Tensor&) = delete;
  Tensor& operator=(const Tensor&) = delete;
  ~Tensor() { cudaFree(raw_); }

  T* data() const { return reinterpret_cast<T*>(raw_ + guard_) + shift_; }
  int64_t count() const { return count_; }

  void poison() {
    check(cudaMemset(raw_, kPoison, bytes()), "poison");
    check(cudaDeviceSynchronize(), "poison");
  }

  std::vector<T> values() const { return values(0, count_); }
  std::vector<T> values(int64_t first, int64_t count) const {
    std::vector<T> result(count);
    check(cudaMemcpy(result.data(), data() + first, count * sizeof(T), cudaMemcpyDeviceToHost), "copy to host");
    return result;
  }

  // Nobody wrote before or behind the tensor.
  bool guards_intact() const {
    const int64_t before = guard_ + shift_ * sizeof(T), behind = bytes() - before - count_ * sizeof(T);
    std::vector<unsigned char> guards(before + behind);
    check(cudaMemcpy(guards.data(), raw_, before, cudaMemcpyDeviceToHost));
    check(cudaMemcpy(guards.data() + before, data() + count_, behind, cudaMemcpyDeviceToHost));
    for (const unsigned char byte : guards) {
      if (byte != kPoison) return false;
    }
    return true;
  }

 private:
  size_t bytes() const { return 2 * guard_ + (shift_ + count_) * sizeof(T) + (shift_ + count_ == 0 ? sizeof(T) : 0); }

  int64_t count_, shift_, guard_;
  unsigned char* raw_ = nullptr;
};

class Stream {
 public:
  Stream() { check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking)); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream() { cudaStreamDestroy(stream_); }
  operator cudaStream_t() const { return stream_; }
  void wait() const { check(cudaStreamSynchronize(stream_), "kernel"); }

 private:
  cudaStream_t stream_ = nullptr;
};

// Everything that `body` puts into `stream`, as a graph.
template <class Body> cudaGraphExec_t captured(cudaStream_t stream, Body&& body) {
  cudaGraph_t graph = nullptr;
  cudaGraphExec_t executable = nullptr;
  check(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), "capture");
  body();
  check(cudaStreamEndCapture(stream, &graph), "capture");
  check(cudaGraphInstantiate(&executable, graph, 0), "graph");
  check(cudaGraphDestroy(graph));
  return executable;
}

}  // namespace test
