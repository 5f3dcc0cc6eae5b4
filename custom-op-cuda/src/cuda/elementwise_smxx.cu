// y = act(gate) ⊙ up  and its gradient: one pass over memory, evaluated in float32, each output rounded once. Indices are 64 bits wide.
//
// Where tensors and rows begin at multiples of 16 bytes, a thread takes kPacks pieces of 16 bytes of every tensor, all loads before the
// first use, and is done: blocks come and go so fast that the memory always has work. Loads bypass the first-level cache; outputs are
// left in the L2 cache for the operator that reads them next. The activation is the kernel's, so that no thread asks for it. Tensors
// that are not aligned go element by element.
#include "cuda/elementwise_smxx.h"

#include <algorithm>
#include <cassert>
#include <limits>

#include "cuda/gate_16bit.h"
#include "cuda/pack.h"
#include "cuda/ptx/streaming.h"

namespace swiglu::cuda {

constexpr int kThreads = 256, kPacks = 2;
constexpr int64_t kMostBlocks = 1 << 20;

// The layout in packs: where pack `i` of a dense tensor, counted through all rows, lies in gate and up.
template <class T> struct PackLayout {
  static constexpr int kWidth = kPackWidth<T>;
  int64_t packs;
  int64_t row_packs, row_stride;  // row_packs = 0: the rows adjoin
  bool interleaved;               // gate, up, gate, up ...: gate and up share two packs from `place` on

  __device__ __forceinline__ int64_t place(int64_t i) const {
    if (row_packs == 0) return i * (interleaved ? 2 * kWidth : kWidth);
    const uint64_t row = static_cast<uint64_t>(i) / static_cast<uint64_t>(row_packs);
    return row * row_stride + (i - row * row_packs) * kWidth;
  }
};

template <class T> struct Pair {
  static constexpr int kWidth = kPackWidth<T>;
  Pack<T, kWidth> gate, up;

  __device__ __forceinline__ void load(const T* gates, const T* ups, bool interleaved) {
    gate = ptx::load_streaming<kWidth>(gates);
    up = ptx::load_streaming<kWidth>(interleaved ? gates + kWidth : ups);
    if (interleaved) {
      const Pack<T, kWidth> first = gate, second = up;
#pragma unroll
      for (int j = 0; j < kWidth / 2; ++j) {
        gate.values[j] = first.values[2 * j], gate.values[kWidth / 2 + j] = second.values[2 * j];
        up.values[j] = first.values[2 * j + 1], up.values[kWidth / 2 + j] = second.values[2 * j + 1];
      }
    }
  }

  __device__ __forceinline__ void store(T* gates, T* ups, bool interleaved) const {
    if (interleaved) {
      Pack<T, kWidth> first, second;
#pragma unroll
      for (int j = 0; j < kWidth / 2; ++j) {
        first.values[2 * j] = gate.values[j], first.values[2 * j + 1] = up.values[j];
        second.values[2 * j] = gate.values[kWidth / 2 + j], second.values[2 * j + 1] = up.values[kWidth / 2 + j];
      }
      store_pack(gates, first);
      store_pack(gates + kWidth, second);
    } else {
      if (gates != nullptr) store_pack(gates, gate);
      if (ups != nullptr) store_pack(ups, up);
    }
  }
};

__device__ __forceinline__ int64_t first_pack() { return int64_t(blockIdx.x) * (kThreads * kPacks) + threadIdx.x; }

template <class T, Activation kActivation>
__global__ void __launch_bounds__(kThreads) swiglu_packs(const SwiGLUProblem<T> p, const PackLayout<T> layout) {
  constexpr int kWidth = kPackWidth<T>;
  const int64_t first = first_pack();
  Pair<T> in[kPacks];
#pragma unroll
  for (int i = 0; i < kPacks; ++i) {
    const int64_t pack = first + i * kThreads;
    if (pack >= layout.packs) continue;
    const int64_t at = layout.place(pack);
    in[i].load(p.gate + at, p.up + at, layout.interleaved);
  }
#pragma unroll
  for (int i = 0; i < kPacks; ++i) {
    const int64_t pack = first + i * kThreads;
    if (pack >= layout.packs) continue;
    Pack<T, kWidth> y;
#pragma unroll
    for (int j = 0; j < kWidth; ++j) {
      y.values[j] = narrow<T>(gated_as<T, kActivation>(p.gate_function, widen(in[i].gate.values[j]), widen(in[i].up.values[j])));
    }
    store_pack(p.y + pack * kWidth, y);
  }
}

template <class T, Activation kActivation>
__global__ void __launch_bounds__(kThreads) swiglu_grad_packs(const SwiGLUGradProblem<T> p, const PackLayout<T> layout) {
  constexpr int kWidth = kPackWidth<T>;
  const int64_t first = first_pack();
  Pair<T> in[kPacks];
  Pack<T, kWidth> dy[kPacks];
#pragma unroll
  for (int i = 0; i < kPacks; ++i) {
    const int64_t pack = first + i * kThreads;
    if (pack >= layout.packs) continue;
    const int64_t at = layout.place(pack);
    dy[i] = ptx::load_streaming<kWidth>(p.dy + pack * kWidth);
    in[i].load(p.gate + at, p.up + at, layout.interleaved);
  }
#pragma unroll
  for (int i = 0; i < kPacks; ++i) {
    const int64_t pack = first + i * kThreads;
    if (pack >= layout.packs) continue;
    Pair<T> out;
    Pack<T, kWidth> y;
#pragma unroll
    for (int j = 0; j < kWidth; ++j) {
      const GateGradient<float> d = gated_gradient_as<T, kActivation>(p.gate_function, widen(dy[i].values[j]),
                                                                      widen(in[i].gate.values[j]), widen(in[i].up.values[j]));
      out.gate.values[j] = narrow<T>(d.gate);
      out.up.values[j] = narrow<T>(d.up);
      y.values[j] = narrow<T>(d.y);
    }
    const int64_t at = layout.place(pack);
    out.store(p.d_gate == nullptr ? nullptr : p.d_gate + at, p.d_up == nullptr ? nullptr : p.d_up + at, layout.interleaved);
    if (p.y != nullptr) store_pack(p.y + pack * kWidth, y);
  }
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

template <class T> PackLayout<T> pack_layout(const GatedLayout& layout) {
  constexpr int kWidth = kPackWidth<T>;
  const bool rows_adjoin = layout.rows == 1 || layout.row_stride == layout.columns * layout.step;
  return {layout.rows * layout.columns / kWidth, rows_adjoin ? 0 : layout.columns / kWidth, layout.row_stride, layout.step == 2};
}

template <class T> unsigned blocks_for(const PackLayout<T>& layout) {
  const int64_t blocks = (layout.packs + kThreads * kPacks - 1) / (kThreads * kPacks);
  assert(blocks <= std::numeric_limits<int>::max() && "the grid's first dimension counts all packs");
  return static_cast<unsigned>(blocks);
}

static unsigned blocks_for(int64_t count) { return static_cast<unsigned>(std::min((count + kThreads - 1) / kThreads, kMostBlocks)); }

template <class T> cudaError_t swiglu(const SwiGLUProblem<T>& p, cudaStream_t stream) {
  const int64_t count = p.layout.rows * p.layout.columns;
  if (count == 0) return cudaSuccess;
  if (in_packs<T>(p.layout, p.gate, p.up, nullptr, nullptr) && aligned<T>(p.y)) {
    const PackLayout<T> layout = pack_layout<T>(p.layout);
    with_activation(p.gate_function.activation, [&](auto activation) {
      swiglu_packs<T, decltype(activation)::value><<<blocks_for(layout), kThreads, 0, stream>>>(p, layout);
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
    const PackLayout<T> layout = pack_layout<T>(p.layout);
    with_activation(p.gate_function.activation, [&](auto activation) {
      swiglu_grad_packs<T, decltype(activation)::value><<<blocks_for(layout), kThreads, 0, stream>>>(p, layout);
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
