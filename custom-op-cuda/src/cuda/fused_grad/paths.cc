#include "cuda/fused_grad/paths.h"

#include <cassert>
#include <type_traits>

#include "cuda/elementwise_smxx.h"
#include "cuda/fused_grad/gate_gradients_smxx.h"
#include "cuda/fused_grad/gemm_sm90/gate_gradients_sm90_16bit.h"
#include "cuda/fused_grad/gemm_sm90/grad_products_sm90_16bit.h"
#include "cuda/fused_grad/gemm_sm90/gradients_sm90_16bit.h"
#include "cuda/fused_grad/mma_sm80/product_mma_sm80.h"
#include "cuda/fused_grad/plain_smxx/product_plain_smxx.h"

namespace swiglu::cuda {

template <class T> static bool recomputes(const FusedSwiGLUGradProblem<T>& p) { return p.gate == nullptr || p.up == nullptr; }
template <class T> static bool multiplies(const FusedSwiGLUGradProblem<T>& p) {
  return p.dx != nullptr || p.dw_gate != nullptr || p.dw_up != nullptr;
}
template <class T> static bool sums(const FusedSwiGLUGradProblem<T>& p) { return p.db_gate != nullptr || p.db_up != nullptr; }

// What has no elements is not wanted.
template <class T> static FusedSwiGLUGradProblem<T> without_empty_outputs(FusedSwiGLUGradProblem<T> p) {
  const auto [m, k, n, trans_b] = p.sizes;
  if (m == 0 || k == 0) p.dx = nullptr;
  if (k == 0 || n == 0) p.dw_gate = p.dw_up = nullptr;
  if (n == 0) p.db_gate = p.db_up = nullptr;
  if (m == 0 || n == 0) p.y = nullptr;
  return p;
}

constexpr int64_t kScratchAlignment = 128;  // in bytes

// Of d_gate or d_up.
template <class T> static size_t result_bytes(const GemmSizes& s) {
  return (s.m * s.n * sizeof(T) + kScratchAlignment - 1) / kScratchAlignment * kScratchAlignment;
}

// Whether one kernel does everything.
template <class T> static bool fuses(const FusedSwiGLUGradProblem<T>& p, Path path) {
  if constexpr (std::is_same_v<T, float>) return false;
  else return path == Path::gemm_sm90 && gradients_sm90_16bit_takes(p);
}

template <class T> size_t scratch_bytes(const FusedSwiGLUGradProblem<T>& problem, const Device& device) {
  const FusedSwiGLUGradProblem<T> p = without_empty_outputs(problem);
  if (!multiplies(p) && !(recomputes(p) && sums(p))) return 0;
  size_t bytes = 2 * result_bytes<T>(p.sizes);
  if constexpr (!std::is_same_v<T, float>) {
    if (fuses(p, choose(p, device))) bytes += gradients_sm90_16bit_scratch(p);
  }
  return bytes;
}

template <class T> static GradProducts<T> products(const FusedSwiGLUGradProblem<T>& p, const T* d_gate, const T* d_up) {
  return {p.sizes, d_gate, d_up, p.x, p.w_gate, p.w_up, p.dx, p.dw_gate, p.dw_up};
}

template <class T> bool takes(Path path, const FusedSwiGLUGradProblem<T>& p, const Device& device) {
  if constexpr (!std::is_same_v<T, float>) {
    const T* const scratch = reinterpret_cast<const T*>(kScratchAlignment);  // wherever it will be, it is aligned so
    if (path == Path::gemm_sm90) return device.capability == 90 && grad_products_sm90_16bit_takes(products(p, scratch, scratch));
  }
  if (path == Path::mma_sm80) return device.capability >= 80 && !(std::is_same_v<T, float> && p.exact_float32);
  return path == Path::plain_smxx;
}

template <class T> Path choose(const FusedSwiGLUGradProblem<T>& p, const Device& device) {
  for (const Path path : {Path::gemm_sm90, Path::mma_sm80}) {
    if (takes(path, p, device)) return path;
  }
  return Path::plain_smxx;
}

// As a product of the kernels that run on any chip; gemm_sm90 stands for the faster one.
template <class T> static cudaError_t multiply(const MatrixProduct<T>& product, const Launch& launch, Path path) {
  return path == Path::plain_smxx ? product_plain_smxx(product, launch) : product_mma_sm80(product, launch);
}

template <class T> static cudaError_t multiply_all(const GradProducts<T>& products, const Launch& launch, Path path) {
  if constexpr (!std::is_same_v<T, float>) {
    if (path == Path::gemm_sm90) return grad_products_sm90_16bit(products, launch);
  }
  const cudaError_t error = multiply(input_gradient(products), launch, path);
  return error != cudaSuccess ? error : multiply(weight_gradients(products), launch, path);
}

// Those of d_gate, d_up, Y, db_gate and db_up that somebody needs.
template <class T>
static cudaError_t gate_gradients(FusedSwiGLUGradProblem<T> p, T* d_gate, T* d_up, const Launch& launch, Path path) {
  T* const used_d_gate = p.dx != nullptr || p.dw_gate != nullptr ? d_gate : nullptr;
  T* const used_d_up = p.dx != nullptr || p.dw_up != nullptr ? d_up : nullptr;
  if (recomputes(p)) {
    if constexpr (!std::is_same_v<T, float>) {
      if (path == Path::gemm_sm90 && gate_gradients_sm90_16bit_takes(p)) {
        const cudaError_t error = gate_gradients_sm90_16bit(p, d_gate, d_up, launch);
        return error != cudaSuccess || !sums(p) ? error : column_sums_smxx(p, d_gate, d_up, launch);
      }
    }
    const cudaError_t error = multiply(gate_and_up(p, d_gate, d_up), launch, path);
    if (error != cudaSuccess) return error;
    p.gate = d_gate, p.up = d_up;
  } else if (!sums(p)) {
    const int64_t count = p.sizes.m * p.sizes.n;
    return swiglu_grad<T>({p.gate_function, {1, count, count, 1}, p.dy, p.gate, p.up, used_d_gate, used_d_up, p.y}, launch.stream);
  }
  return gate_gradients_smxx(p, used_d_gate, used_d_up, launch);
}

// Y alone is no gradient.
template <class T> static cudaError_t forward(const FusedSwiGLUGradProblem<T>& p, const Launch& launch, Path path) {
  const int64_t count = p.sizes.m * p.sizes.n;
  if (!recomputes(p)) return swiglu<T>({p.gate_function, {1, count, count, 1}, p.gate, p.up, p.y}, launch.stream);
  return fused_swiglu<T>({p.gate_function, p.sizes, p.x, p.w_gate, p.w_up, p.b_gate, p.b_up, p.y, nullptr, nullptr, p.exact_float32},
                         launch, path);
}

template <class T>
cudaError_t fused_swiglu_grad(const FusedSwiGLUGradProblem<T>& problem, void* scratch, const Launch& launch, Path path) {
  if (name(path) == nullptr) return cudaErrorInvalidValue;
  assert(reinterpret_cast<uintptr_t>(scratch) % kScratchAlignment == 0 && "what moves in packs and boxes begins where the scratch does");
  const FusedSwiGLUGradProblem<T> p = without_empty_outputs(problem);
  if (!multiplies(p) && !sums(p)) return p.y == nullptr ? cudaSuccess : forward(p, launch, path);
  if (!takes(path, p, launch.device)) path = choose(p, launch.device);
  T* const d_gate = static_cast<T*>(scratch);
  T* const d_up = scratch == nullptr ? nullptr : d_gate + result_bytes<T>(p.sizes) / sizeof(T);
  if constexpr (!std::is_same_v<T, float>) {
    if (fuses(p, path)) return gradients_sm90_16bit(p, d_gate, d_up, d_up + result_bytes<T>(p.sizes) / sizeof(T), launch);
  }
  const cudaError_t error = gate_gradients(p, d_gate, d_up, launch, path);
  if (error != cudaSuccess || !multiplies(p)) return error;
  return multiply_all(products<T>(p, d_gate, d_up), launch, path);
}

#define SWIGLU_INSTANTIATE(T)                                                            \
  template size_t scratch_bytes(const FusedSwiGLUGradProblem<T>&, const Device&);        \
  template bool takes(Path, const FusedSwiGLUGradProblem<T>&, const Device&);            \
  template Path choose(const FusedSwiGLUGradProblem<T>&, const Device&);                 \
  template cudaError_t fused_swiglu_grad(const FusedSwiGLUGradProblem<T>&, void*, const Launch&, Path);
SWIGLU_INSTANTIATE(float)
SWIGLU_INSTANTIATE(float16)
SWIGLU_INSTANTIATE(bfloat16)
#undef SWIGLU_INSTANTIATE

}  // namespace swiglu::cuda
