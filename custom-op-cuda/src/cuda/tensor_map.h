// Descriptions of matrices for Hopper's bulk tensor copy engine, encoded on the host. The driver's encoder is found at run time,
// so that nothing links against libcuda; each thread remembers the maps that it encoded last.
// Copies of type TFLOAT32 round float32 to the nearest TF32 number on their way.
#pragma once

#include <cuda.h>
#include <cuda_runtime_api.h>

#include <cstdint>

#include "math/float16.h"

namespace swiglu::cuda {

// A row-major matrix [rows, columns] of 2- or 4-byte elements, copied in boxes of box_rows × box_columns. With a swizzle,
// box_columns · element size must not exceed the swizzle's span.
struct MatrixMap {
  const void* data;
  CUtensorMapDataType type;
  int64_t rows, columns;
  int32_t box_rows, box_columns;
  CUtensorMapSwizzle swizzle;
};

template <class T> constexpr CUtensorMapDataType kTensorMapType = CU_TENSOR_MAP_DATA_TYPE_FLOAT32;
template <> inline constexpr CUtensorMapDataType kTensorMapType<float16> = CU_TENSOR_MAP_DATA_TYPE_FLOAT16;
template <> inline constexpr CUtensorMapDataType kTensorMapType<bfloat16> = CU_TENSOR_MAP_DATA_TYPE_BFLOAT16;

// What the copy engine can address: 16-byte aligned data whose rows are a multiple of 16 bytes apart; nothing, where the driver
// cannot encode maps.
bool has_tensor_map(const void* data, int64_t columns, int64_t element_size);

cudaError_t encode(const MatrixMap& matrix, CUtensorMap* map);

}  // namespace swiglu::cuda
