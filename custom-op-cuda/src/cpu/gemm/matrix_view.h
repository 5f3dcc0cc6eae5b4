// Matrices where they lie, row-major, transposed or anything else with constant strides.
#pragma once

#include <cstdint>

#include "math/isa.h"

SWIGLU_BEGIN_ISA_NAMESPACE

// Element (i, j) lies at data[i * row_stride + j * column_stride].
template <class T> struct View {
  const T* data;
  int64_t row_stride, column_stride;
  View at(int64_t i, int64_t j) const { return {data + i * row_stride + j * column_stride, row_stride, column_stride}; }
  View transposed() const { return {data, column_stride, row_stride}; }
};

template <class T> View<T> row_major(const T* data, int64_t columns) { return {data, columns, 1}; }

SWIGLU_END_ISA_NAMESPACE
