// One pass over memory: a thread takes 16 bytes of every tensor at a time where all of them are aligned for it, else one element.
// The gate is evaluated in float32 and each output rounded once. Indices are 64 bits wide.
#include "cuda/elementwise_smxx.h"

#include <algorithm>

#include "math/gate_element.h"

namespace swiglu::cuda {

constexpr int kThreads = 256;
constexpr int64_t kMostBlocks = 1 << 20;

template <class T, int kWidth> struct alignas(sizeof(T) * kWidth) Pack {
  T values[kWidth];
};

template <int kWidth, class T> __device__ Pack<T, kWidth> load(const T* from) {
  return *reinterpret_cast<const Pack<T, kWidth>*>(from);
}

template <int kWidth, class T> __device__ void store(const Pack<T, kWidth>& pack, T* to) {
  if (to != nullptr) *reinterpret_cast<Pack<T, kWidth>*>(to) = pack;
}

// Where pack number `i` lies: in the gate and up tensors, and in the dense ones.
struct Place {
  int64_t gated, dense;
};

template <int kWidth> __device__ Place place(const GatedLayout& layout, int64_t i) {
  const int64_t dense = i * kWidth;
  if (layout.rows == 1) return {dense * layout.step, dense};
  const int64_t row = dense / layout.columns;
  return {row * layout.row_stride + (dense - row * layout.columns) * layout.step, dense};
}

template <class T, int kWidth> __global__ void swiglu_kernel(SwiGLUProblem<T> p, int64_t packs) {
  for (int64_t i = int64_t(blockIdx.x) * kThreads + threadIdx.x; i < packs; i += int64_t(gridDim.x) * kThreads) {
    const Place at = place<kWidth>(p.layout, i);
    const Pack<T, kWidth> gate = load<kWidth>(p.gate + at.gated), up = load<kWidth>(p.up + at.gated);
    Pack<T, kWidth> y;
    with_activation(p.gate_function.activation, [&](auto activation) {
#pragma unroll
      for (int j = 0; j < kWidth; ++j) {
        y.values[j] = narrow<T>(gated<decltype(activation)::value>(p.gate_function, widen(gate.values[j]), widen(up.values[j])));
      }
    });
    store<kWidth>(y, p.y + at.dense);
  }
}

template <class T, int kWidth> __global__ void swiglu_grad_kernel(SwiGLUGradProblem<T> p, int64_t packs) {
  for (int64_t i = int64_t(blockIdx.x) * kThreads + threadIdx.x; i < packs; i += int64_t(gridDim.x) * kThreads) {
    const Place at = place<kWidth>(p.layout, i);
    const Pack<T, kWidth> dy = load<kWidth>(p.dy + at.dense);
    const Pack<T, kWidth> gate = load<kWidth>(p.gate + at.gated), up = load<kWidth>(p.up + at.gated);
    Pack<T, kWidth> d_gate, d_up, y;
    with_activation(p.gate_function.activation, [&](auto activation) {
#pragma unroll
      for (int j = 0; j < kWidth; ++j) {
        const GateGradient<float> d = gated_gradient<decltype(activation)::value>(
            p.gate_function, widen(dy.values[j]), widen(gate.values[j]), widen(up.values[j]));
        d_gate.values[j] = narrow<T>(d.gate);
        d_up.values[j] = narrow<T>(d.up);
        y.values[j] = narrow<T>(d.y);
      }
    });
    store<kWidth>(d_gate, p.d_gate == nullptr ? nullptr : p.d_gate + at.gated);
    store<kWidth>(d_up, p.d_up == nullptr ? nullptr : p.d_up + at.gated);
    store<kWidth>(y, p.y == nullptr ? nullptr : p.y + at.dense);
  }
}

template <class... Pointers> bool aligned(Pointers... pointers) {
  return ((reinterpret_cast<uintptr_t>(pointers) % 16 == 0) && ...);
}

static int blocks_for(int64_t packs) { return static_cast<int>(std::min((packs + kThreads - 1) / kThreads, kMostBlocks)); }

template <class T> bool packs_evenly(const GatedLayout& layout) {
  constexpr int kWidth = 16 / sizeof(T);
  return layout.step == 1 && layout.columns % kWidth == 0 && layout.row_stride % kWidth == 0;
}

template <class T> cudaError_t swiglu(const SwiGLUProblem<T>& p, cudaStream_t stream) {
  constexpr int kWidth = 16 / sizeof(T);
  const int64_t count = p.layout.rows * p.layout.columns;
  if (count == 0) return cudaSuccess;
  if (packs_evenly<T>(p.layout) && aligned(p.gate, p.up, p.y)) {
    swiglu_kernel<T, kWidth><<<blocks_for(count / kWidth), kThreads, 0, stream>>>(p, count / kWidth);
  } else {
    swiglu_kernel<T, 1><<<blocks_for(count), kThreads, 0, stream>>>(p, count);
  }
  return cudaGetLastError();
}

template <class T> cudaError_t swiglu_grad(const SwiGLUGradProblem<T>& p, cudaStream_t stream) {
  constexpr int kWidth = 16 / sizeof(T);
  const int64_t count = p.layout.rows * p.layout.columns;
  if (count == 0) return cudaSuccess;
  if (packs_evenly<T>(p.layout) && aligned(p.dy, p.gate, p.up, p.d_gate, p.d_up, p.y)) {
    swiglu_grad_kernel<T, kWidth><<<blocks_for(count / kWidth), kThreads, 0, stream>>>(p, count / kWidth);
  } else {
    swiglu_grad_kernel<T, 1><<<blocks_for(count), kThreads, 0, stream>>>(p, count);
  }
  return cudaGetLastError();
}

#define SWIGLU_INSTANTIATE(T)                                               \
  template cudaError_t swiglu<T>(const SwiGLUProblem<T>&, cudaStream_t); \
  template cudaError_t swiglu_grad<T>(const SwiGLUGradProblem<T>&, cudaStream_t);
SWIGLU_INSTANTIATE(float)
SWIGLU_INSTANTIATE(float16)
SWIGLU_INSTANTIATE(bfloat16)
#undef SWIGLU_INSTANTIATE

}  // namespace swiglu::cuda
