// FusedSwiGLU and FusedSwiGLUGrad on the CPU: tiles of both products side by side, the gate on the accumulators.
#pragma once

#include "cpu/gate_rows.h"
#include "cpu/gemm/gemm.h"
#include "ops/problems.h"

SWIGLU_BEGIN_ISA_NAMESPACE

// The weights as [k, n], however they are stored.
template <class T> View<T> weights(const T* data, const GemmSizes& sizes) {
  return sizes.trans_b ? row_major(data, sizes.k).transposed() : row_major(data, sizes.n);
}

template <class T> void add_bias(const T* bias, int64_t column, int64_t count, Accumulator<T>* row) {
  if (bias == nullptr) return;
  for (int64_t j = 0; j < count; ++j) row[j] += widen(bias[column + j]);
}

// gate = x·w_gate + b_gate and up = x·w_up + b_up, tile by tile; body(row, column, count, gate, up) consumes each row.
template <class T, class Body>
void for_each_projected_row(const GemmSizes& sizes, const T* x, const T* w_gate, const T* w_up, const T* b_gate, const T* b_up,
                            const cpu::Workers& workers, const Body& body) {
  using F = Accumulator<T>;
  const View<T> x_view = row_major(x, sizes.k);
  for_each_tile<F>(sizes.m, sizes.n, 2, workers, [&](const TileScratch<F>& scratch, const TileRange& range) {
    scratch.clear(0);
    scratch.clear(1);
    scratch.accumulate_both(x_view, weights(w_gate, sizes), weights(w_up, sizes), range, sizes.k);
    for (int64_t i = 0; i < range.rows; ++i) {
      F *gate = scratch.sum_row(0, i), *up = scratch.sum_row(1, i);
      add_bias(b_gate, range.column, range.columns, gate);
      add_bias(b_up, range.column, range.columns, up);
      body(range.row + i, range.column, range.columns, gate, up);
    }
  });
}

template <class T> void fused_swiglu(const FusedSwiGLUProblem<T>& p, const cpu::Workers& workers) {
  using F = Accumulator<T>;
  for_each_projected_row(p.sizes, p.x, p.w_gate, p.w_up, p.b_gate, p.b_up, workers,
                         [&](int64_t row, int64_t column, int64_t count, F* gate, F* up) {
                           const int64_t at = row * p.sizes.n + column;
                           if (p.gate != nullptr) write_row(gate, count, p.gate + at, 1);
                           if (p.up != nullptr) write_row(up, count, p.up + at, 1);
                           gate_row(p.gate_function, gate, up, count, gate);
                           write_row(gate, count, p.y + at, 1);
                         });
}

// d_gate and d_up [m, n] as accumulators, from dY and from gate and up as given or recomputed; y on the way.
template <class T>
void gate_gradients(const FusedSwiGLUGradProblem<T>& p, Accumulator<T>* d_gate, Accumulator<T>* d_up,
                    const cpu::Workers& workers) {
  using F = Accumulator<T>;
  const auto differentiate = [&](int64_t row, int64_t column, int64_t count, F* gate, F* up) {
    F dy[kChunk];
    for (int64_t done = 0; done < count; done += kChunk) {
      const int64_t some = std::min(kChunk, count - done), at = row * p.sizes.n + column + done;
      read_row(p.dy + at, 1, some, dy);
      gate_grad_row(p.gate_function, dy, gate + done, up + done, some, d_gate + at, d_up + at, dy);
      if (p.y != nullptr) write_row(dy, some, p.y + at, 1);
    }
  };
  if (p.gate == nullptr || p.up == nullptr) {
    return for_each_projected_row(p.sizes, p.x, p.w_gate, p.w_up, p.b_gate, p.b_up, workers, differentiate);
  }
  const GatedLayout dense = {1, p.sizes.m * p.sizes.n, p.sizes.m * p.sizes.n, 1};
  for_each_chunk(dense, workers, [&](int64_t, int64_t at, int64_t count) {
    F gate[kChunk], up[kChunk];
    read_row(p.gate + at, 1, count, gate);
    read_row(p.up + at, 1, count, up);
    differentiate(0, at, count, gate, up);
  });
}

// One row after another, so that the order of the sum is the same for any number of threads.
template <class T>
void column_sums(const Accumulator<T>* values, int64_t m, int64_t n, T* sums, const cpu::Workers& workers) {
  using F = Accumulator<T>;
  if (sums == nullptr) return;
  const int64_t tasks = (n + kChunk - 1) / kChunk;
  run_tasks(workers, tasks, [] { return 0; }, [&](int, int64_t task) {
    F total[kChunk] = {};
    const int64_t column = task * kChunk, count = std::min(kChunk, n - column);
    for (int64_t row = 0; row < m; ++row) {
      const F* from = values + row * n + column;
      for (int64_t j = 0; j < count; ++j) total[j] += from[j];
    }
    write_row(total, count, sums + column, 1);
  });
}

template <class T>
void write_tile(const TileScratch<Accumulator<T>>& scratch, const TileRange& range, int64_t row_length, T* to) {
  for (int64_t i = 0; i < range.rows; ++i) {
    write_row(scratch.sum_row(0, i), range.columns, to + (range.row + i) * row_length + range.column, 1);
  }
}

// With Z = act(gate) ⊙ up and d_gate, d_up its derivatives times dY (gate_rows.h), the chain rule through
// gate = X·W_gate + b_gate and up = X·W_up + b_up gives
//   dX      = d_gate·W_gateᵀ + d_up·W_upᵀ          one accumulation over both products
//   dW_gate = Xᵀ·d_gate,   dW_up = Xᵀ·d_up         (transposed where the weights are stored transposed)
//   db_gate = Σ_rows d_gate,   db_up = Σ_rows d_up
// d_gate and d_up stay in the accumulator's type: 2·M·N of them are the only memory beyond the outputs.
template <class T> void fused_swiglu_grad(const FusedSwiGLUGradProblem<T>& p, const cpu::Workers& workers) {
  using F = Accumulator<T>;
  const auto [m, k, n, trans_b] = p.sizes;
  const Scratch<F> d_gate(workers, m * n), d_up(workers, m * n);
  gate_gradients(p, d_gate.data(), d_up.data(), workers);

  const View<F> d_gate_view = row_major<F>(d_gate.data(), n), d_up_view = row_major<F>(d_up.data(), n);
  if (p.dx != nullptr) {
    for_each_tile<F>(m, k, 1, workers, [&](const TileScratch<F>& scratch, const TileRange& range) {
      scratch.clear(0);
      scratch.accumulate(0, d_gate_view, weights(p.w_gate, p.sizes).transposed(), range, p.sizes.n);
      scratch.accumulate(0, d_up_view, weights(p.w_up, p.sizes).transposed(), range, p.sizes.n);
      write_tile(scratch, range, p.sizes.k, p.dx);
    });
  }
  const auto weight_gradient = [&](View<F> gradient, T* dw) {
    if (dw == nullptr) return;
    const View<T> x = row_major(p.x, p.sizes.k);
    const bool transposed = p.sizes.trans_b;
    for_each_tile<F>(transposed ? n : k, transposed ? k : n, 1, workers,
                     [&, m = m](const TileScratch<F>& scratch, const TileRange& range) {
                       scratch.clear(0);
                       if (transposed) {
                         scratch.accumulate(0, gradient.transposed(), x, range, m);
                       } else {
                         scratch.accumulate(0, x.transposed(), gradient, range, m);
                       }
                       write_tile(scratch, range, transposed ? p.sizes.k : p.sizes.n, dw);
                     });
  };
  weight_gradient(d_gate_view, p.dw_gate);
  weight_gradient(d_up_view, p.dw_up);
  column_sums(d_gate.data(), m, n, p.db_gate, workers);
  column_sums(d_up.data(), m, n, p.db_up, workers);
}

SWIGLU_END_ISA_NAMESPACE
