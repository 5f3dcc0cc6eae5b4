// dX = d_gate·W_gateᵀ + d_up·W_upᵀ,  dW_gate = Xᵀ·d_gate,  dW_up = Xᵀ·d_up        X [m, k], d_gate and d_up [m, n], weights [k, n]
// With trans_b weights are [n, k], and so are their gradients: dW = dᵀ·X. Sums are float32, each output is rounded once.
//
// All wanted outputs come from one launch of blocks that stay. A block makes tiles of 128 rows by 256 (or 128) columns: of the weights'
// gradients, which are m deep, then of dX, which is one sum over the depth of both weights, 2n. Every operand is copied in boxes of
// 64 x 64 elements, and the tensor cores read it along its rows or across them, so that nothing is ever transposed. One warpgroup
// keeps a ring of k-steps filled; two others multiply, 64 rows each, and store what they made. Where sizes divide nothing, the copies
// fill in zeros on both sides of a product and leave out what is outside of the result.
#include "cuda/fused_grad/gemm_sm90/grad_products_sm90_16bit.h"

#include <cassert>

#include "cuda/fused_grad/gemm_sm90/launch.h"
#include "cuda/fused_grad/gemm_sm90/make_products.h"

namespace swiglu::cuda {

using namespace grad_sm90;

namespace {

struct AllReady {
  __device__ void begin_dw(int) const {}
  __device__ void step_dw(int) const {}
  __device__ void begin_dx() const {}
};

template <class T, bool kTransB> __global__ void __launch_bounds__(kThreads, 1) kernel(const __grid_constant__ Products a) {
  extern __shared__ uint8_t memory[];
  const Shared shared(memory);
  const int warpgroup = threadIdx.x / 128;
  if (threadIdx.x == 0) shared.init_barriers();
  __syncthreads();
  ptx::wait_for_previous_kernel();
  ptx::let_next_kernel_start();
  if (warpgroup == 0) {
    ptx::shrink_registers<40>();
    if (threadIdx.x == 0) produce<kTransB>(a, shared, AllReady{});
  } else {
    ptx::grow_registers<232>();
    consume<T, kTransB>(a, shared, warpgroup - 1);
  }
}

}  // namespace

template <class T> bool grad_products_sm90_16bit_takes(const GradProducts<T>& p) { return products_fit(p); }

template <class T> cudaError_t grad_products_sm90_16bit(const GradProducts<T>& p, const Launch& where) {
  assert(grad_products_sm90_16bit_takes(p) && "the copy engine cannot address these tensors");
  if (p.dx == nullptr && p.dw_gate == nullptr && p.dw_up == nullptr) return cudaSuccess;
  Products a = {};
  if (const cudaError_t error = prepare(p, where.device.multiprocessors, &a); error != cudaSuccess) return error;
  return launch_blocks(p.sizes.trans_b ? kernel<T, true> : kernel<T, false>, a, a.deal.blocks, where);
}

template bool grad_products_sm90_16bit_takes(const GradProducts<float16>&);
template bool grad_products_sm90_16bit_takes(const GradProducts<bfloat16>&);
template cudaError_t grad_products_sm90_16bit(const GradProducts<float16>&, const Launch&);
template cudaError_t grad_products_sm90_16bit(const GradProducts<bfloat16>&, const Launch&);

}  // namespace swiglu::cuda
