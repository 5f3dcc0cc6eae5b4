#include "copy_rate.h"

#include <algorithm>
#include <functional>
#include <vector>

#include "cuda/device_data.h"
#include "cuda/device_memory.h"

namespace bench {

using test::check;

// kPacks pieces of 16 bytes a thread, all loads before the first store; blocks are whole.
template <int kThreads, int kPacks> __global__ void __launch_bounds__(kThreads) copy_kernel(const uint4* from, uint4* to) {
  const int64_t first = int64_t(blockIdx.x) * (kThreads * kPacks) + threadIdx.x;
  uint4 packs[kPacks];
#pragma unroll
  for (int i = 0; i < kPacks; ++i) packs[i] = __ldcs(from + first + i * kThreads);
#pragma unroll
  for (int i = 0; i < kPacks; ++i) to[first + i * kThreads] = packs[i];
}

template <int kThreads, int kPacks> static void copy(const char* from, char* to, int64_t bytes, cudaStream_t stream) {
  const int64_t blocks = bytes / (kThreads * kPacks * sizeof(uint4));
  copy_kernel<kThreads, kPacks><<<static_cast<unsigned>(blocks), kThreads, 0, stream>>>(reinterpret_cast<const uint4*>(from),
                                                                                       reinterpret_cast<uint4*>(to));
  check(cudaGetLastError(), "copy kernel");
}

static double median_ms(const std::function<void()>& launch, cudaStream_t stream) {
  constexpr int kRuns = 7;
  cudaEvent_t before, after;
  check(cudaEventCreate(&before));
  check(cudaEventCreate(&after));
  std::vector<float> times;
  launch();
  for (int run = 0; run < kRuns; ++run) {
    check(cudaEventRecord(before, stream));
    launch();
    check(cudaEventRecord(after, stream));
    check(cudaEventSynchronize(after), "copy");
    check(cudaEventElapsedTime(&times.emplace_back(), before, after));
  }
  check(cudaEventDestroy(before));
  check(cudaEventDestroy(after));
  std::sort(times.begin(), times.end());
  return times[kRuns / 2];
}

double copy_rate(cudaStream_t stream) {
  const int64_t bytes = int64_t(2) << 30;
  const test::Tensor<char> from(bytes), to(bytes);
  test::fill_normal(reinterpret_cast<swiglu::bfloat16*>(from.data()), bytes / 2, 1, 1, stream);
  const auto kernel = [&](auto* launch) { return [&, launch] { launch(from.data(), to.data(), bytes, stream); }; };
  const std::vector<std::function<void()>> ways = {
      [&] { check(cudaMemcpyAsync(to.data(), from.data(), bytes, cudaMemcpyDeviceToDevice, stream), "copy"); },
      kernel(copy<256, 1>), kernel(copy<256, 2>), kernel(copy<256, 4>), kernel(copy<512, 1>), kernel(copy<512, 4>), kernel(copy<1024, 1>)};
  double best_ms = 1e30;
  for (const auto& way : ways) best_ms = std::min(best_ms, median_ms(way, stream));
  return 2.0 * bytes / best_ms * 1e-6;
}

}  // namespace bench
