// d_gate = dY ⊙ up ⊙ act'(gate),  d_up = dY ⊙ act(gate),  Y = act(gate) ⊙ up,  db_gate = Σ d_gate and db_up = Σ d_up over all rows.
//
// dY, gate and up [m, n] are read once; all is evaluated in float32, each output is rounded once, the sums are of what is not rounded.
// Deterministic: every sum has an order that depends on the sizes and the chip only.
//
// A block owns a strip of columns, 256 bytes wide or less, and walks down its rows with as many of them at once as its threads cover; a
// thread keeps the sums of its columns, and its next rows travel meanwhile. From sm_90 on the blocks of a cluster divide a strip's rows
// among them and add their sums in the order of rank, elsewhere a block has the whole strip; where no sums are wanted, parts need not meet.
// The sums can also be taken of d_gate and d_up that are stored, as another kernel made them.
// A thread reads what it overwrites, and nobody else does: d_gate and d_up may take the places of gate and up.
#include "cuda/fused_grad/gate_gradients_smxx.h"

#include <algorithm>
#include <cassert>
#include <limits>

#include "cuda/gate_16bit.h"
#include "cuda/pack.h"
#include "cuda/ptx/cluster.h"

namespace swiglu::cuda {

constexpr int kThreads = 256, kResident = 2;  // blocks of a multiprocessor
constexpr int kAhead = 2;                     // rows that travel
constexpr int kWidestStrip = 256, kNarrowestStrip = 64;  // in bytes
constexpr int kMostCluster = 8;

// How the tensors are divided among blocks; neighbouring blocks are the parts of a strip.
struct Division {
  int across;  // threads side by side
  int64_t strips;
  int parts;
};

template <class T, int kWidth> struct Inputs {
  Pack<T, kWidth> dy, gate, up;

  __device__ __forceinline__ void load(const FusedSwiGLUGradProblem<T>& p, int64_t at) {
    dy = load_pack<kWidth>(p.dy + at), gate = load_pack<kWidth>(p.gate + at), up = load_pack<kWidth>(p.up + at);
  }
};

template <class T, int kWidth> __device__ __forceinline__ Floats<kWidth> wide(const Pack<T, kWidth>& pack) {
  if constexpr (kWidth == 1) return {widen(pack.values[0])};
  else return widen_pack(pack);
}

template <class T, int kWidth> __device__ __forceinline__ void store(T* to, const Floats<kWidth>& values) {
  if constexpr (kWidth == 1) *to = narrow<T>(values.values[0]);
  else store_pack(to, narrow_pack<T>(values));
}

template <int kWidth> struct ColumnSums {
  Floats<kWidth> gate = {}, up = {};

  __device__ __forceinline__ void add(const Floats<kWidth>& of_gate, const Floats<kWidth>& of_up) {
#pragma unroll
    for (int j = 0; j < kWidth; ++j) gate.values[j] += of_gate.values[j], up.values[j] += of_up.values[j];
  }
};

// From the sums of all threads, those of the columns `across` times kWidth; value i belongs to column i % across * kWidth + i / across of
// the strip, or from across * kWidth on to the same column of up. Of what is left of a thread's number, nothing is returned.
template <int kWidth> __device__ float sum_of_block(const ColumnSums<kWidth>& mine, int across, int value) {
  __shared__ float shared[2 * kWidth][kThreads];
#pragma unroll
  for (int j = 0; j < kWidth; ++j) {
    shared[j][threadIdx.x] = mine.gate.values[j];
    shared[kWidth + j][threadIdx.x] = mine.up.values[j];
  }
  __syncthreads();
  float total = 0;
  if (value < 2 * kWidth * across) {
    for (int thread = value % across; thread < kThreads; thread += across) total += shared[value / across][thread];
  }
  return total;
}

// The sum of one value over a cluster's blocks, in the order of rank, in the block of rank 0.
__device__ float sum_of_cluster(float mine, int parts) {
#if __CUDA_ARCH__ >= 900
  __shared__ float shared[kThreads];
  if (parts == 1) return mine;
  shared[threadIdx.x] = mine;
  ptx::cluster_sync();
  float total = 0;
  if (ptx::cluster_rank() == 0) {
    for (int part = 0; part < parts; ++part) total += ptx::load_cluster_float(ptx::cluster_address(&shared[threadIdx.x], part));
  }
  ptx::cluster_sync();  // nobody leaves while its sums are read
  return total;
#else
  assert(parts == 1 && "blocks cannot meet");
  return mine;
#endif
}

// The rows of one thread: `to_next` elements apart, the first one `at`.
template <int kWidth> struct Walk {
  int part, left;
  int64_t strip, at, to_next;

  __device__ __forceinline__ Walk(const GemmSizes& s, const Division& division) {
    const int across = division.across, down = kThreads / across;
    part = blockIdx.x % division.parts;
    strip = int64_t(blockIdx.x / division.parts) * across * kWidth;
    const int64_t column = strip + threadIdx.x % across * kWidth, part_rows = (s.m + division.parts - 1) / division.parts;
    const int64_t first = part * part_rows + threadIdx.x / across;
    const int64_t rows = column < s.n ? min(s.m, (part + 1) * part_rows) - first : 0;
    left = rows <= 0 ? 0 : static_cast<int>((rows + down - 1) / down);
    at = first * s.n + column;
    to_next = down * s.n;
  }
};

template <class T, int kWidth>
__device__ void store_sums(const FusedSwiGLUGradProblem<T>& p, const Walk<kWidth>& walk, const Division& division,
                           const ColumnSums<kWidth>& sums) {
  static_assert(2 * kWidestStrip / sizeof(T) <= kThreads, "a thread finishes one sum at most");
  const int across = division.across, value = threadIdx.x, of_up = value / (kWidth * across);
  const float total = sum_of_cluster(sum_of_block(sums, across, value), division.parts);
  const int64_t summed = walk.strip + value % across * kWidth + value / across % kWidth;
  T* const db = of_up == 0 ? p.db_gate : of_up == 1 ? p.db_up : nullptr;
  if (walk.part == 0 && summed < p.sizes.n && db != nullptr) db[summed] = narrow<T>(total);
}

template <class T, int kWidth, bool kSums>
__global__ void __launch_bounds__(kThreads, kResident)
    gate_gradients_kernel(const __grid_constant__ FusedSwiGLUGradProblem<T> p, T* d_gate, T* d_up, const Division division) {
  Walk<kWidth> walk(p.sizes, division);
  ColumnSums<kWidth> sums;
  Inputs<T, kWidth> coming[kAhead] = {};
#pragma unroll
  for (int i = 0; i < kAhead; ++i) {
    if (i < walk.left) coming[i].load(p, walk.at + i * walk.to_next);
  }
  while (walk.left > 0) {
#pragma unroll
    for (int i = 0; i < kAhead; ++i, --walk.left, walk.at += walk.to_next) {
      if (walk.left <= 0) break;
      const Floats<kWidth> dy = wide(coming[i].dy), gate = wide(coming[i].gate), up = wide(coming[i].up);
      if (walk.left > kAhead) coming[i].load(p, walk.at + kAhead * walk.to_next);
      Floats<kWidth> of_gate, of_up, y;
      with_activation(p.gate_function.activation, [&](auto activation) {
#pragma unroll
        for (int j = 0; j < kWidth; ++j) {
          const GateGradient<float> d =
              gated_gradient_as<T, decltype(activation)::value>(p.gate_function, dy.values[j], gate.values[j], up.values[j]);
          of_gate.values[j] = d.gate, of_up.values[j] = d.up, y.values[j] = d.y;
        }
      });
      if (d_gate != nullptr) store(d_gate + walk.at, of_gate);
      if (d_up != nullptr) store(d_up + walk.at, of_up);
      if (p.y != nullptr) store(p.y + walk.at, y);
      if constexpr (kSums) sums.add(of_gate, of_up);
    }
  }
  if constexpr (kSums) store_sums(p, walk, division, sums);
}

// Of what is stored.
template <class T, int kWidth>
__global__ void __launch_bounds__(kThreads, kResident)
    column_sums_kernel(const __grid_constant__ FusedSwiGLUGradProblem<T> p, T* d_gate, T* d_up, const Division division) {
  Walk<kWidth> walk(p.sizes, division);
  ColumnSums<kWidth> sums;
#pragma unroll 4
  for (; walk.left > 0; --walk.left, walk.at += walk.to_next) {
    sums.add(wide(load_pack<kWidth>(d_gate + walk.at)), wide(load_pack<kWidth>(d_up + walk.at)));
  }
  store_sums(p, walk, division, sums);
}

// As many parts as find room at once.
template <class T, int kWidth> Division divide(const GemmSizes& s, bool sums, const Device& device) {
  const int64_t at_once = int64_t(kResident) * device.multiprocessors;
  const int64_t most_parts = !sums ? at_once : device.capability >= 90 ? kMostCluster : 1;
  const auto strips = [&](int bytes) { return (s.n * int64_t(sizeof(T)) + bytes - 1) / bytes; };
  int bytes = kWidestStrip;
  while (bytes > kNarrowestStrip && strips(bytes) * most_parts < at_once) bytes /= 2;
  const int across = bytes / int(sizeof(T)) / kWidth, down = kThreads / across;
  const int64_t useful = std::max<int64_t>(1, std::min((s.m + down - 1) / down, most_parts));
  return {across, strips(bytes), static_cast<int>(std::clamp<int64_t>(at_once / strips(bytes), 1, useful))};
}

template <class T> using Kernel = void (*)(FusedSwiGLUGradProblem<T>, T*, T*, Division);

template <class T, int kWidth>
cudaError_t launch(Kernel<T> kernel, bool sums, const FusedSwiGLUGradProblem<T>& p, T* d_gate, T* d_up, const Launch& where) {
  const Division division = divide<T, kWidth>(p.sizes, sums, where.device);
  assert(division.strips * division.parts <= std::numeric_limits<int>::max() && "the grid's first dimension counts the parts");
  cudaLaunchAttribute cluster = {};
  cluster.id = cudaLaunchAttributeClusterDimension;
  cluster.val.clusterDim = {static_cast<unsigned>(division.parts), 1, 1};
  cudaLaunchConfig_t config = {};
  config.gridDim = static_cast<unsigned>(division.strips * division.parts);
  config.blockDim = kThreads;
  config.stream = where.stream;
  config.attrs = &cluster;
  config.numAttrs = sums && division.parts > 1 ? 1 : 0;
  return cudaLaunchKernelEx(&config, kernel, p, d_gate, d_up, division);
}

template <class T, class... Pointers> bool in_packs(const GemmSizes& s, const Pointers*... pointers) {
  return s.n % kPackWidth<T> == 0 && (aligned_for_packs<kPackWidth<T>>(pointers) && ...);
}

template <class T> cudaError_t gate_gradients_smxx(const FusedSwiGLUGradProblem<T>& p, T* d_gate, T* d_up, const Launch& where) {
  if (p.sizes.n == 0) return cudaSuccess;
  const bool sums = p.db_gate != nullptr || p.db_up != nullptr;
  constexpr int kWidth = kPackWidth<T>;
  if (in_packs<T>(p.sizes, p.dy, p.gate, p.up, p.y, d_gate, d_up)) {
    const Kernel<T> kernel = sums ? gate_gradients_kernel<T, kWidth, true> : gate_gradients_kernel<T, kWidth, false>;
    return launch<T, kWidth>(kernel, sums, p, d_gate, d_up, where);
  }
  return launch<T, 1>(sums ? gate_gradients_kernel<T, 1, true> : gate_gradients_kernel<T, 1, false>, sums, p, d_gate, d_up, where);
}

template <class T>
cudaError_t column_sums_smxx(const FusedSwiGLUGradProblem<T>& p, T* d_gate, T* d_up, const Launch& where) {
  if (p.sizes.n == 0) return cudaSuccess;
  constexpr int kWidth = kPackWidth<T>;
  return in_packs<T>(p.sizes, d_gate, d_up) ? launch<T, kWidth>(column_sums_kernel<T, kWidth>, true, p, d_gate, d_up, where)
                                            : launch<T, 1>(column_sums_kernel<T, 1>, true, p, d_gate, d_up, where);
}

#define SWIGLU_INSTANTIATE(T)                                                                               \
  template cudaError_t gate_gradients_smxx(const FusedSwiGLUGradProblem<T>&, T*, T*, const Launch&);        \
  template cudaError_t column_sums_smxx(const FusedSwiGLUGradProblem<T>&, T*, T*, const Launch&);
SWIGLU_INSTANTIATE(float)
SWIGLU_INSTANTIATE(float16)
SWIGLU_INSTANTIATE(bfloat16)
#undef SWIGLU_INSTANTIATE

}  // namespace swiglu::cuda
