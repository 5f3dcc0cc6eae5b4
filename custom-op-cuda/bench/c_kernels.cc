// Our operators as C functions on device pointers, for bench/peers.py. Activations are numbered as math/gate.h has them.
#include <cuda_runtime_api.h>

#include "cuda/elementwise_smxx.h"
#include "cuda/fused/paths.h"

using namespace swiglu;

#define SWIGLU_EXPORT extern "C" __attribute__((visibility("default")))

static Gate gate_of(int activation, float alpha) {
  Gate gate;
  gate.activation = static_cast<Activation>(activation);
  gate.alpha = alpha;
  return gate;
}

template <class T>
static int forward(const Gate& gate, int64_t count, const void* g, const void* u, void* y, cudaStream_t stream) {
  return cuda::swiglu<T>({gate, {1, count, count, 1}, static_cast<const T*>(g), static_cast<const T*>(u), static_cast<T*>(y)},
                         stream);
}

template <class T>
static int gradient(const Gate& gate, int64_t count, const void* dy, const void* g, const void* u, void* dg, void* du,
                    cudaStream_t stream) {
  return cuda::swiglu_grad<T>({gate, {1, count, count, 1}, static_cast<const T*>(dy), static_cast<const T*>(g),
                               static_cast<const T*>(u), static_cast<T*>(dg), static_cast<T*>(du), nullptr}, stream);
}

template <class T>
static int fused(const Gate& gate, const GemmSizes& sizes, const void* x, const void* w_gate, const void* w_up, void* y,
                 cudaStream_t stream) {
  const FusedSwiGLUProblem<T> problem = {gate,
                                         sizes,
                                         static_cast<const T*>(x),
                                         static_cast<const T*>(w_gate),
                                         static_cast<const T*>(w_up),
                                         nullptr,
                                         nullptr,
                                         static_cast<T*>(y),
                                         nullptr,
                                         nullptr,
                                         false};
  return cuda::fused_swiglu(problem, {cuda::current_device(), stream});
}

SWIGLU_EXPORT int swiglu_bench_forward(int bfloat, int activation, float alpha, int64_t count, const void* gate, const void* up,
                                       void* y, cudaStream_t stream) {
  const Gate function = gate_of(activation, alpha);
  return bfloat ? forward<bfloat16>(function, count, gate, up, y, stream) : forward<float16>(function, count, gate, up, y, stream);
}

SWIGLU_EXPORT int swiglu_bench_gradient(int bfloat, int activation, float alpha, int64_t count, const void* dy, const void* gate,
                                        const void* up, void* d_gate, void* d_up, cudaStream_t stream) {
  const Gate function = gate_of(activation, alpha);
  return bfloat ? gradient<bfloat16>(function, count, dy, gate, up, d_gate, d_up, stream)
                : gradient<float16>(function, count, dy, gate, up, d_gate, d_up, stream);
}

SWIGLU_EXPORT int swiglu_bench_fused(int bfloat, int activation, float alpha, int64_t m, int64_t k, int64_t n, const void* x,
                                     const void* w_gate, const void* w_up, void* y, cudaStream_t stream) {
  const Gate function = gate_of(activation, alpha);
  const GemmSizes sizes = {m, k, n, false};
  return bfloat ? fused<bfloat16>(function, sizes, x, w_gate, w_up, y, stream)
                : fused<float16>(function, sizes, x, w_gate, w_up, y, stream);
}
