// A matrix product without tensor cores, on any chip: exact float32, any size and alignment. The kernel is described in
// product_plain_smxx.cu.
#pragma once

#include "cuda/device.h"
#include "cuda/fused_grad/matrix_product.h"
#include "math/float16.h"

namespace swiglu::cuda {

template <class T> cudaError_t product_plain_smxx(const MatrixProduct<T>& product, const Launch& launch);

}  // namespace swiglu::cuda
