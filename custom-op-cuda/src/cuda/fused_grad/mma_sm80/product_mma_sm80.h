// A matrix product on mma.sync, on any chip from sm_80 on, float32 as TF32, any size and alignment. The kernel is described in
// product_mma_sm80.cu.
#pragma once

#include "cuda/device.h"
#include "cuda/fused_grad/matrix_product.h"
#include "math/float16.h"

namespace swiglu::cuda {

template <class T> cudaError_t product_mma_sm80(const MatrixProduct<T>& product, const Launch& launch);

}  // namespace swiglu::cuda
