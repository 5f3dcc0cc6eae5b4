#include "baselines.h"

#include <algorithm>
#include <cassert>

#include "cuda/device_memory.h"
#include "math/activation.h"

namespace bench {

constexpr int kThreads = 256;

template <class T> struct alignas(16) Pack {
  static constexpr int kWidth = 16 / sizeof(T);
  T values[kWidth];
};

template <class T, class Function>
__global__ void elementwise_kernel(const Pack<T>* a, const Pack<T>* b, Pack<T>* out, int64_t packs, Function function) {
  const int64_t i = int64_t(blockIdx.x) * kThreads + threadIdx.x;
  if (i >= packs) return;
  const Pack<T> left = a[i], right = b[i];
  Pack<T> result;
#pragma unroll
  for (int j = 0; j < Pack<T>::kWidth; ++j) {
    result.values[j] = swiglu::narrow<T>(function(swiglu::widen(left.values[j]), swiglu::widen(right.values[j])));
  }
  out[i] = result;
}

template <class T, class Function>
static void launch(const T* a, const T* b, T* out, int64_t count, Function function, cudaStream_t stream) {
  constexpr int kWidth = Pack<T>::kWidth;
  assert(count % kWidth == 0 && "the benchmark's sizes are multiples of 16 bytes");
  const int64_t packs = count / kWidth;
  elementwise_kernel<T><<<static_cast<unsigned>((packs + kThreads - 1) / kThreads), kThreads, 0, stream>>>(
      reinterpret_cast<const Pack<T>*>(a), reinterpret_cast<const Pack<T>*>(b), reinterpret_cast<Pack<T>*>(out), packs, function);
  test::check(cudaGetLastError(), "baseline");
}

template <class T> void sigmoid(const T* a, T* out, int64_t count, cudaStream_t stream) {
  launch(a, a, out, count, [] __device__(float x, float) { return swiglu::sigmoid(x).value; }, stream);
}

template <class T> void multiply(const T* a, const T* b, T* out, int64_t count, cudaStream_t stream) {
  launch(a, b, out, count, [] __device__(float x, float y) { return x * y; }, stream);
}

__global__ void pause_kernel() {}

void pause(cudaStream_t stream) {
  pause_kernel<<<1, 32, 0, stream>>>();
  test::check(cudaGetLastError(), "pause");
}

#define SWIGLU_INSTANTIATE(T)                                          \
  template void sigmoid(const T*, T*, int64_t, cudaStream_t);          \
  template void multiply(const T*, const T*, T*, int64_t, cudaStream_t);
SWIGLU_INSTANTIATE(float)
SWIGLU_INSTANTIATE(swiglu::float16)
SWIGLU_INSTANTIATE(swiglu::bfloat16)
#undef SWIGLU_INSTANTIATE

}  // namespace bench
