// The products of FusedSwiGLU's gradient on Hopper, float16 and bfloat16. The kernel is described in grad_products_sm90_16bit.cu.
#pragma once

#include "cuda/device.h"
#include "cuda/fused_grad/products.h"
#include "math/float16.h"

namespace swiglu::cuda {

template <class T> bool grad_products_sm90_16bit_takes(const GradProducts<T>& products);
template <class T> cudaError_t grad_products_sm90_16bit(const GradProducts<T>& products, const Launch& launch);

}  // namespace swiglu::cuda
