// Our operators as C functions on device pointers, for bench/peers.py. Activations are numbered as math/gate.h has them.
#include <cuda_runtime_api.h>

#include "cuda/elementwise_smxx.h"
#include "cuda/fused_grad/paths.h"

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

// The forward pass, which saves gate and up, and the gradients of x and both weights from them. `scratch` has as many bytes as
// swiglu_bench_step_scratch says of the same pointers, of which it is not yet one.
struct Step {
  const void *dy, *x, *w_gate, *w_up;
  void *y, *gate, *up, *dx, *dw_gate, *dw_up, *scratch;
};

template <class T> static FusedSwiGLUGradProblem<T> gradient_of(const Gate& function, const GemmSizes& sizes, const Step& s) {
  const auto in = [](const void* tensor) { return static_cast<const T*>(tensor); };
  const auto out = [](void* tensor) { return static_cast<T*>(tensor); };
  return {function,   sizes,    in(s.dy),  in(s.x),        in(s.w_gate),  in(s.w_up), nullptr, nullptr,
          in(s.gate), in(s.up), out(s.dx), out(s.dw_gate), out(s.dw_up), nullptr,    nullptr, nullptr, false};
}

template <class T> static int step(const Gate& function, const GemmSizes& sizes, const Step& s, cudaStream_t stream) {
  const cuda::Launch launch = {cuda::current_device(), stream};
  const FusedSwiGLUGradProblem<T> gradient = gradient_of<T>(function, sizes, s);
  const FusedSwiGLUProblem<T> forward = {function,
                                         sizes,
                                         gradient.x,
                                         gradient.w_gate,
                                         gradient.w_up,
                                         nullptr,
                                         nullptr,
                                         static_cast<T*>(s.y),
                                         static_cast<T*>(s.gate),
                                         static_cast<T*>(s.up),
                                         false};
  const cudaError_t error = cuda::fused_swiglu(forward, launch);
  return error != cudaSuccess ? error : cuda::fused_swiglu_grad(gradient, s.scratch, launch);
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

SWIGLU_EXPORT int swiglu_bench_step(int bfloat, int activation, float alpha, int64_t m, int64_t k, int64_t n, const void* dy,
                                    const void* x, const void* w_gate, const void* w_up, void* y, void* gate, void* up, void* dx,
                                    void* dw_gate, void* dw_up, void* scratch, cudaStream_t stream) {
  const Step all = {dy, x, w_gate, w_up, y, gate, up, dx, dw_gate, dw_up, scratch};
  const GemmSizes sizes = {m, k, n, false};
  const Gate function = gate_of(activation, alpha);
  return bfloat ? step<bfloat16>(function, sizes, all, stream) : step<float16>(function, sizes, all, stream);
}

SWIGLU_EXPORT int64_t swiglu_bench_step_scratch(int bfloat, int activation, float alpha, int64_t m, int64_t k, int64_t n, const void* dy,
                                                const void* x, const void* w_gate, const void* w_up, void* y, void* gate, void* up,
                                                void* dx, void* dw_gate, void* dw_up) {
  const Step all = {dy, x, w_gate, w_up, y, gate, up, dx, dw_gate, dw_up, nullptr};
  const GemmSizes sizes = {m, k, n, false};
  const Gate function = gate_of(activation, alpha);
  const cuda::Device& device = cuda::current_device();
  return bfloat ? cuda::scratch_bytes(gradient_of<bfloat16>(function, sizes, all), device)
                : cuda::scratch_bytes(gradient_of<float16>(function, sizes, all), device);
}
