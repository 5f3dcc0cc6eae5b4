// y = act(gate) ⊙ up  and its gradient: one pass over memory, evaluated in float32, each output rounded once. Indices are 64 bits wide.
//
// Where tensors and rows begin at multiples of 16 bytes, a thread takes one piece of 16 bytes of every tensor and is done: blocks come
// and go so fast that the memory always has work. Outputs are left in the L2 cache for the operator that reads them next. The
// activation is the kernel's, so that no thread asks for it. Tensors that are not aligned go element by element.
#include "cuda/elementwise_smxx.h"

#include <algorithm>
#include <cassert>
#include <limits>

#include "cuda/gate_16bit.h"
#include "cuda/pack.h"
#include "cuda/ptx/read_only.h"

namespace swiglu::cuda {

constexpr int kThreads = 256;
constexpr int64_t kMostBlocks = 1 << 20;

// Pack `i`, counted through all rows, begins in gate and up at i * pitch and one more `gap` for every row before its own.
// Interleaved (gate, up, gate, up ...), the tensors' packs are each other's neighbours and are sorted in registers.
struct PackLayout {
  int64_t packs;
  int64_t pitch, gap;
  uint64_t rows_per_pack;  // in units of 2⁻⁶³, rounded up

  __device__ __forceinline__ int64_t place(int64_t i) const {
    return i * pitch + (gap == 0 ? 0 : static_cast<int64_t>(__umul64hi(2 * i, rows_per_pack)) * gap);
  }
};

template <class T> struct Pair {
  static constexpr int kWidth = kPackWidth<T>;
  Pack<T, kWidth> gate, up;

  __device__ __forceinline__ void unzip() {
    const Pair<T> zipped = *this;
#pragma unroll
    for (int j = 0; j < kWidth / 2; ++j) {
      gate.values[j] = zipped.gate.values[2 * j], gate.values[kWidth / 2 + j] = zipped.up.values[2 * j];
      up.values[j] = zipped.gate.values[2 * j + 1], up.values[kWidth / 2 + j] = zipped.up.values[2 * j + 1];
    }
  }

  __device__ __forceinline__ void zip() {
    const Pair<T> sorted = *this;
#pragma unroll
    for (int j = 0; j < kWidth / 2; ++j) {
      gate.values[2 * j] = sorted.gate.values[j], gate.values[2 * j + 1] = sorted.up.values[j];
      up.values[2 * j] = sorted.gate.values[kWidth / 2 + j], up.values[2 * j + 1] = sorted.up.values[kWidth / 2 + j];
    }
  }
};

// Calls `body` with the gate: where nothing is limited, the compiler knows.
template <class Body> __device__ __forceinline__ void with_limit(Gate gate, Body&& body) {
  if (gate.limited) {
    body(gate);
  } else {
    gate.limited = false;
    body(gate);
  }
}

__device__ __forceinline__ int64_t own_pack() { return int64_t(blockIdx.x) * kThreads + threadIdx.x; }

template <class T, Activation kActivation, bool kInterleaved>
__global__ void __launch_bounds__(kThreads) swiglu_packs(const SwiGLUProblem<T> p, const PackLayout layout) {
  constexpr int kWidth = kPackWidth<T>;
  const int64_t pack = own_pack();
  if (pack >= layout.packs) return;
  const int64_t at = layout.place(pack);
  Pair<T> in = {ptx::load_constant<kWidth>(p.gate + at), ptx::load_constant<kWidth>(p.up + at)};
  if constexpr (kInterleaved) in.unzip();
  const Floats<kWidth> gate = widen_pack(in.gate), up = widen_pack(in.up);
  with_limit(p.gate_function, [&](const Gate& function) {
    Floats<kWidth> y;
#pragma unroll
    for (int j = 0; j < kWidth; ++j) y.values[j] = gated_as<T, kActivation>(function, gate.values[j], up.values[j]);
    store_pack(p.y + pack * kWidth, narrow_pack<T>(y));
  });
}

template <class T, Activation kActivation, bool kInterleaved>
__global__ void __launch_bounds__(kThreads) swiglu_grad_packs(const SwiGLUGradProblem<T> p, const PackLayout layout) {
  constexpr int kWidth = kPackWidth<T>;
  const int64_t pack = own_pack();
  if (pack >= layout.packs) return;
  const int64_t at = layout.place(pack);
  Pair<T> in = {ptx::load_constant<kWidth>(p.gate + at), ptx::load_constant<kWidth>(p.up + at)};
  const Floats<kWidth> dy = widen_pack(ptx::load_constant<kWidth>(p.dy + pack * kWidth));
  if constexpr (kInterleaved) in.unzip();
  const Floats<kWidth> gate = widen_pack(in.gate), up = widen_pack(in.up);
  with_limit(p.gate_function, [&](const Gate& function) {
    Floats<kWidth> d_gate, d_up, y;
#pragma unroll
    for (int j = 0; j < kWidth; ++j) {
      const GateGradient<float> d = gated_gradient_as<T, kActivation>(function, dy.values[j], gate.values[j], up.values[j]);
      d_gate.values[j] = d.gate, d_up.values[j] = d.up, y.values[j] = d.y;
    }
    Pair<T> out = {narrow_pack<T>(d_gate), narrow_pack<T>(d_up)};
    if constexpr (kInterleaved) out.zip();
    if (p.d_gate != nullptr) store_pack(p.d_gate + at, out.gate);
    if (p.d_up != nullptr) store_pack(p.d_up + at, out.up);
    if (p.y != nullptr) store_pack(p.y + pack * kWidth, narrow_pack<T>(y));
  });
}

// Where element `i` lies in gate and up.
__device__ __forceinline__ int64_t place(const GatedLayout& layout, int64_t i) {
  const int64_t row = layout.rows == 1 ? 0 : i / layout.columns;
  return row * layout.row_stride + (i - row * layout.columns) * layout.step;
}

template <class T> __global__ void __launch_bounds__(kThreads) swiglu_elements(const SwiGLUProblem<T> p, int64_t count) {
  for (int64_t i = int64_t(blockIdx.x) * kThreads + threadIdx.x; i < count; i += int64_t(gridDim.x) * kThreads) {
    const int64_t at = place(p.layout, i);
    const float gate = widen(p.gate[at]), up = widen(p.up[at]);
    with_activation(p.gate_function.activation, [&](auto activation) {
      p.y[i] = narrow<T>(gated_as<T, decltype(activation)::value>(p.gate_function, gate, up));
    });
  }
}

template <class T> __global__ void __launch_bounds__(kThreads) swiglu_grad_elements(const SwiGLUGradProblem<T> p, int64_t count) {
  for (int64_t i = int64_t(blockIdx.x) * kThreads + threadIdx.x; i < count; i += int64_t(gridDim.x) * kThreads) {
    const int64_t at = place(p.layout, i);
    const float dy = widen(p.dy[i]), gate = widen(p.gate[at]), up = widen(p.up[at]);
    with_activation(p.gate_function.activation, [&](auto activation) {
      const GateGradient<float> d = gated_gradient_as<T, decltype(activation)::value>(p.gate_function, dy, gate, up);
      if (p.d_gate != nullptr) p.d_gate[at] = narrow<T>(d.gate);
      if (p.d_up != nullptr) p.d_up[at] = narrow<T>(d.up);
      if (p.y != nullptr) p.y[i] = narrow<T>(d.y);
    });
  }
}

template <class T, class... Pointers> bool aligned(const Pointers*... pointers) {
  return (aligned_for_packs<kPackWidth<T>>(pointers) && ...);
}

// Whether gate and up, and d_gate and d_up, can be moved in packs, apart from the dense tensors.
template <class T> bool in_packs(const GatedLayout& layout, const T* gate, const T* up, const T* d_gate, const T* d_up) {
  constexpr int kWidth = kPackWidth<T>;
  const bool rows_adjoin = layout.rows == 1 || layout.row_stride == layout.columns * layout.step;
  if (layout.step == 2) {
    const bool gradients = d_gate == nullptr ? d_up == nullptr : d_up == d_gate + 1;
    return rows_adjoin && layout.rows * layout.columns % kWidth == 0 && up == gate + 1 && gradients && aligned<T>(gate, d_gate);
  }
  const bool rows_aligned = layout.columns % kWidth == 0 && layout.row_stride % kWidth == 0;
  return layout.step == 1 && rows_aligned && aligned<T>(gate, up, d_gate, d_up);
}

template <class T> PackLayout pack_layout(const GatedLayout& layout) {
  constexpr int64_t kWidth = kPackWidth<T>;
  const int64_t packs = layout.rows * layout.columns / kWidth, row_packs = std::max<int64_t>(layout.columns / kWidth, 1);
  const int64_t gap = layout.rows == 1 ? 0 : layout.row_stride - layout.columns * layout.step;
  constexpr uint64_t kUnit = uint64_t(1) << 63;
  assert((gap == 0 || uint64_t(packs) < kUnit / row_packs) && "so far the rows' numbers are exact");
  return {packs, kWidth * layout.step, gap, (kUnit - 1) / row_packs + 1};
}

// What lies in the second pack of a pair: up, or where gate and up are interleaved what follows the first pack.
template <class T> T* second_packs(const GatedLayout& layout, T* gate, T* up) {
  return layout.step == 2 && gate != nullptr ? gate + kPackWidth<T> : up;
}

static unsigned blocks_for(const PackLayout& layout) {
  const int64_t blocks = (layout.packs + kThreads - 1) / kThreads;
  assert(blocks <= std::numeric_limits<int>::max() && "the grid's first dimension counts all packs");
  return static_cast<unsigned>(blocks);
}

static unsigned blocks_for(int64_t count) { return static_cast<unsigned>(std::min((count + kThreads - 1) / kThreads, kMostBlocks)); }

template <class T> cudaError_t swiglu(const SwiGLUProblem<T>& p, cudaStream_t stream) {
  const int64_t count = p.layout.rows * p.layout.columns;
  if (count == 0) return cudaSuccess;
  if (in_packs<T>(p.layout, p.gate, p.up, nullptr, nullptr) && aligned<T>(p.y)) {
    const PackLayout layout = pack_layout<T>(p.layout);
    SwiGLUProblem<T> q = p;
    q.up = second_packs(p.layout, p.gate, p.up);
    with_activation(p.gate_function.activation, [&](auto activation) {
      constexpr Activation kActivation = decltype(activation)::value;
      const auto kernel = p.layout.step == 2 ? swiglu_packs<T, kActivation, true> : swiglu_packs<T, kActivation, false>;
      kernel<<<blocks_for(layout), kThreads, 0, stream>>>(q, layout);
    });
  } else {
    swiglu_elements<T><<<blocks_for(count), kThreads, 0, stream>>>(p, count);
  }
  return cudaGetLastError();
}

template <class T> cudaError_t swiglu_grad(const SwiGLUGradProblem<T>& p, cudaStream_t stream) {
  const int64_t count = p.layout.rows * p.layout.columns;
  if (count == 0) return cudaSuccess;
  if (in_packs<T>(p.layout, p.gate, p.up, p.d_gate, p.d_up) && aligned<T>(p.dy, p.y)) {
    const PackLayout layout = pack_layout<T>(p.layout);
    SwiGLUGradProblem<T> q = p;
    q.up = second_packs(p.layout, p.gate, p.up);
    q.d_up = second_packs(p.layout, p.d_gate, p.d_up);
    with_activation(p.gate_function.activation, [&](auto activation) {
      constexpr Activation kActivation = decltype(activation)::value;
      const auto kernel = p.layout.step == 2 ? swiglu_grad_packs<T, kActivation, true> : swiglu_grad_packs<T, kActivation, false>;
      kernel<<<blocks_for(layout), kThreads, 0, stream>>>(q, layout);
    });
  } else {
    swiglu_grad_elements<T><<<blocks_for(count), kThreads, 0, stream>>>(p, count);
  }
  return cudaGetLastError();
}

#define SWIGLU_INSTANTIATE(T)                                            \
  template cudaError_t swiglu<T>(const SwiGLUProblem<T>&, cudaStream_t); \
  template cudaError_t swiglu_grad<T>(const SwiGLUGradProblem<T>&, cudaStream_t);
SWIGLU_INSTANTIATE(float)
SWIGLU_INSTANTIATE(float16)
SWIGLU_INSTANTIATE(bfloat16)
#undef SWIGLU_INSTANTIATE

}  // namespace swiglu::cuda
