#include "cuda/device_data.h"

#include <algorithm>

#include "cuda/device_memory.h"

namespace test {

using namespace swiglu;

constexpr int kThreads = 256;

static int blocks_for(int64_t count) { return std::clamp<int64_t>((count + kThreads - 1) / kThreads, 1, 1 << 14); }

// The finalizer of SplitMix64: every bit of the result depends on every bit of the argument.
__device__ uint64_t mixed(uint64_t x) {
  x = (x + 0x9E3779B97F4A7C15u);
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

// Box and Muller: √(-2 ln a) · cos(2π b).
template <class T> __global__ void normal_kernel(T* to, int64_t count, float scale, uint64_t seed) {
  for (int64_t i = int64_t(blockIdx.x) * kThreads + threadIdx.x; i < count; i += int64_t(gridDim.x) * kThreads) {
    const uint64_t bits = mixed(mixed(seed) ^ uint64_t(i));
    const float a = (uint32_t(bits >> 32) + 1.0f) * 0x1p-32f, b = uint32_t(bits) * 0x1p-32f;
    to[i] = narrow<T>(scale * sqrtf(-2.0f * logf(fminf(a, 1.0f))) * cospif(2.0f * b));
  }
}

template <class T> void fill_normal(T* to, int64_t count, double scale, uint64_t seed, cudaStream_t stream) {
  normal_kernel<<<blocks_for(count), kThreads, 0, stream>>>(to, count, static_cast<float>(scale), seed);
  check(cudaGetLastError(), "fill_normal");
}

template void fill_normal(float*, int64_t, double, uint64_t, cudaStream_t);
template void fill_normal(float16*, int64_t, double, uint64_t, cudaStream_t);
template void fill_normal(bfloat16*, int64_t, double, uint64_t, cudaStream_t);

// A sum of integers does not depend on the order of the atomic additions.
__global__ void fingerprint_kernel(const uint16_t* data, int64_t count, unsigned long long* sum) {
  unsigned long long mine = 0;
  for (int64_t i = int64_t(blockIdx.x) * kThreads + threadIdx.x; i < count; i += int64_t(gridDim.x) * kThreads) {
    mine += mixed(uint64_t(i) << 16 | data[i]);
  }
  for (int offset = 16; offset > 0; offset /= 2) mine += __shfl_down_sync(0xffffffffu, mine, offset);
  if (threadIdx.x % 32 == 0) atomicAdd(sum, mine);
}

uint64_t fingerprint(const void* data, int64_t bytes, cudaStream_t stream) {
  Tensor<unsigned long long> sum(1);
  check(cudaMemsetAsync(sum.data(), 0, sizeof(unsigned long long), stream));
  fingerprint_kernel<<<blocks_for(bytes / 2), kThreads, 0, stream>>>(static_cast<const uint16_t*>(data), bytes / 2, sum.data());
  check(cudaGetLastError(), "fingerprint");
  check(cudaStreamSynchronize(stream), "fingerprint");
  return sum.values()[0];
}

}  // namespace test
