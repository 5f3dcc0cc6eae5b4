// Tensor maps of boxes for the gradient's kernels on Hopper.
#pragma once

#include "cuda/fused_grad/gemm_sm90/block.h"
#include "cuda/tensor_map.h"

namespace swiglu::cuda::grad_sm90 {

struct Matrix {
  const void* data;  // null: not there
  int64_t rows, columns;
  CUtensorMap* map;
};

template <class Matrices> bool have_box_maps(const Matrices& matrices) {
  for (const Matrix& matrix : matrices) {
    if (matrix.data != nullptr && !has_tensor_map(matrix.data, matrix.columns, 2)) return false;
  }
  return true;
}

template <class T, class Matrices> cudaError_t encode_boxes(const Matrices& matrices) {
  for (const Matrix& matrix : matrices) {
    if (matrix.data == nullptr) continue;
    const MatrixMap boxes = {matrix.data, kTensorMapType<T>, matrix.rows, matrix.columns, kBox, kBox, CU_TENSOR_MAP_SWIZZLE_128B};
    if (const cudaError_t error = encode(boxes, matrix.map); error != cudaSuccess) return error;
  }
  return cudaSuccess;
}

}  // namespace swiglu::cuda::grad_sm90
