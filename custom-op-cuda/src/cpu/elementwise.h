// SwiGLU and SwiGLUGrad on the CPU: one pass over memory, in chunks that stay in the first-level cache.
#pragma once

#include <algorithm>

#include "cpu/gate_rows.h"
#include "cpu/workers.h"
#include "ops/problems.h"

SWIGLU_BEGIN_ISA_NAMESPACE

constexpr int64_t kChunk = 512;
constexpr int64_t kTaskElements = 16384;

// Calls body(row, column, count) on chunks that cover the layout; a task is a run of short rows or a piece of a long one.
template <class Body> void for_each_chunk(const GatedLayout& layout, const cpu::Workers& workers, const Body& body) {
  if (layout.rows == 0 || layout.columns == 0) return;
  const int64_t rows_per_task = std::max<int64_t>(1, kTaskElements / layout.columns);
  const int64_t row_tasks = (layout.rows + rows_per_task - 1) / rows_per_task;
  const int64_t pieces = (layout.columns + kTaskElements - 1) / kTaskElements;
  const auto no_state = [] { return 0; };
  run_tasks(workers, row_tasks * pieces, no_state, [&](int, int64_t task) {
    const int64_t row_begin = task / pieces * rows_per_task;
    const int64_t row_end = std::min(layout.rows, row_begin + rows_per_task);
    const int64_t column_begin = task % pieces * kTaskElements;
    const int64_t column_end = std::min(layout.columns, column_begin + kTaskElements);
    for (int64_t row = row_begin; row < row_end; ++row) {
      for (int64_t column = column_begin; column < column_end; column += kChunk) {
        body(row, column, std::min(kChunk, column_end - column));
      }
    }
  });
}

template <class T> void swiglu(const SwiGLUProblem<T>& p, const cpu::Workers& workers) {
  for_each_chunk(p.layout, workers, [&](int64_t row, int64_t column, int64_t count) {
    using F = Accumulator<T>;
    F gate[kChunk], up[kChunk];
    const int64_t at = row * p.layout.row_stride + column * p.layout.step;
    read_row(p.gate + at, p.layout.step, count, gate);
    read_row(p.up + at, p.layout.step, count, up);
    gate_row(p.gate_function, gate, up, count, gate);
    write_row(gate, count, p.y + row * p.layout.columns + column, 1);
  });
}

template <class T> void swiglu_grad(const SwiGLUGradProblem<T>& p, const cpu::Workers& workers) {
  for_each_chunk(p.layout, workers, [&](int64_t row, int64_t column, int64_t count) {
    using F = Accumulator<T>;
    F dy[kChunk], gate[kChunk], up[kChunk];
    const int64_t at = row * p.layout.row_stride + column * p.layout.step;
    const int64_t dense = row * p.layout.columns + column;
    read_row(p.dy + dense, 1, count, dy);
    read_row(p.gate + at, p.layout.step, count, gate);
    read_row(p.up + at, p.layout.step, count, up);
    gate_grad_row(p.gate_function, dy, gate, up, count, gate, up, dy);
    if (p.d_gate != nullptr) write_row(gate, count, p.d_gate + at, p.layout.step);
    if (p.d_up != nullptr) write_row(up, count, p.d_up + at, p.layout.step);
    if (p.y != nullptr) write_row(dy, count, p.y + dense, 1);
  });
}

SWIGLU_END_ISA_NAMESPACE
