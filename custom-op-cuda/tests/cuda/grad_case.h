// One random FusedSwiGLUGrad problem on the GPU: inputs filled there, outputs and scratch poisoned and guarded.
#pragma once

#include <array>
#include <cmath>
#include <memory>
#include <ostream>

#include "cuda/device_data.h"
#include "cuda/device_memory.h"
#include "cuda/fused_grad/paths.h"
#include "cuda/grad_judge.h"
#include "reference.h"

namespace test {

struct GradCase {
  GemmSizes sizes;
  Gate gate;
  bool given = true;  // gate and up
  bool with_b_gate = false, with_b_up = false, exact_float32 = false;
  unsigned wanted = 63;  // bit i: output i, as kGradOutputs has them
  int64_t shift = 0;     // elements by which every tensor but the scratch misses its alignment
  uint64_t seed = 1;

  bool wants(int which) const { return wanted >> which & 1; }
  // Whether a rounding of gate or up can change a derivative by all of it.
  bool kinks() const { return !given && (gate.limited || gate.activation == Activation::relu); }
};

template <class T> class GradTensors {
 public:
  GradTensors(const GradCase& c, cudaStream_t stream)
      : case_(c),
        dy_(c.sizes.m * c.sizes.n, c.shift),
        x_(c.sizes.m * c.sizes.k, c.shift),
        w_gate_(c.sizes.k * c.sizes.n, c.shift),
        w_up_(c.sizes.k * c.sizes.n, c.shift),
        b_gate_(c.sizes.n, c.shift),
        b_up_(c.sizes.n, c.shift),
        gate_(c.given ? dy_.count() : 0, c.shift),
        up_(c.given ? dy_.count() : 0, c.shift) {
    const int64_t counts[] = {x_.count(), w_gate_.count(), w_up_.count(), c.sizes.n, c.sizes.n, dy_.count()};
    for (int i = 0; i < int(outputs_.size()); ++i) outputs_[i] = std::make_unique<Tensor<T>>(c.wants(i) ? counts[i] : 0, c.shift);
    scratch_ = std::make_unique<Tensor<T>>(cuda::scratch_bytes(problem(), cuda::current_device()) / sizeof(T));
    const double unit = 1 / std::sqrt(std::max<double>(c.sizes.k, 1));
    const auto fill = [&](const Tensor<T>& tensor, double scale, int which) {
      if (tensor.count() > 0) fill_normal(tensor.data(), tensor.count(), scale, 10 * c.seed + which, stream);
    };
    fill(dy_, 1, 0);
    fill(x_, 1, 1);
    fill(w_gate_, unit, 2);
    fill(w_up_, unit, 3);
    fill(b_gate_, 1, 4);
    fill(b_up_, 1, 5);
    fill(gate_, 1.5, 6);
    fill(up_, 1, 7);
    check(cudaStreamSynchronize(stream), "inputs");
  }

  FusedSwiGLUGradProblem<T> problem() const {
    const auto given = [&](const Tensor<T>& tensor) { return case_.given ? tensor.data() : nullptr; };
    const auto wanted = [&](int which) { return case_.wants(which) ? outputs_[which]->data() : nullptr; };
    return {case_.gate, case_.sizes, dy_.data(), x_.data(), w_gate_.data(), w_up_.data(),
            case_.with_b_gate ? b_gate_.data() : nullptr, case_.with_b_up ? b_up_.data() : nullptr, given(gate_), given(up_),
            wanted(0), wanted(1), wanted(2), wanted(3), wanted(4), wanted(5), case_.exact_float32};
  }

  T* scratch() const { return scratch_->data(); }

  void poison_outputs() {
    for (const auto& output : outputs_) output->poison();
    scratch_->poison();
  }

  bool guards_intact() const {
    bool intact = scratch_->guards_intact();
    for (const auto& output : outputs_) intact = intact && output->guards_intact();
    return intact;
  }

  uint64_t outputs_fingerprint(cudaStream_t stream) const {
    uint64_t sum = 0;
    for (const auto& output : outputs_) sum = 3 * sum + fingerprint(output->data(), output->count() * sizeof(T), stream);
    return sum;
  }

 private:
  GradCase case_;
  Tensor<T> dy_, x_, w_gate_, w_up_, b_gate_, b_up_, gate_, up_;
  std::array<std::unique_ptr<Tensor<T>>, kGradOutputs.size()> outputs_;
  std::unique_ptr<Tensor<T>> scratch_;
};

inline std::ostream& operator<<(std::ostream& out, const GradCase& c) {
  out << c.sizes.m << "x" << c.sizes.k << "x" << c.sizes.n << (c.sizes.trans_b ? " transB" : "") << " activation "
      << int(c.gate.activation) << (c.gate.limited ? " limited" : "") << (c.given ? " given" : " recomputed")
      << (c.with_b_gate ? " b_gate" : "") << (c.with_b_up ? " b_up" : "") << " shift " << c.shift
      << (c.exact_float32 ? " exact" : "") << " seed " << c.seed << " ->";
  for (int i = 0; i < int(kGradOutputs.size()); ++i) out << (c.wants(i) ? std::string(" ") + kGradOutputs[i] : "");
  return out;
}

}  // namespace test
