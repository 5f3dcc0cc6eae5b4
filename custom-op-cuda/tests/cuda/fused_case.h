// One random FusedSwiGLU problem on the GPU: inputs filled there, outputs poisoned and guarded.
#pragma once

#include <cmath>
#include <ostream>

#include "cuda/device_data.h"
#include "cuda/device_memory.h"
#include "reference.h"

namespace test {

struct FusedCase {
  GemmSizes sizes;
  Gate gate;
  double gate_scale = 1;  // of the gate's pre-activations; 30 gives values from about -100 to 100
  bool with_b_gate = false, with_b_up = false, with_gate = false, with_up = false, exact_float32 = false;
  int64_t shift = 0;  // elements by which every tensor misses its alignment
  uint64_t seed = 1;
};

template <class T> class FusedTensors {
 public:
  FusedTensors(const FusedCase& c, cudaStream_t stream)
      : case_(c),
        x_(c.sizes.m * c.sizes.k, c.shift),
        w_gate_(c.sizes.k * c.sizes.n, c.shift),
        w_up_(c.sizes.k * c.sizes.n, c.shift),
        b_gate_(c.sizes.n, c.shift),
        b_up_(c.sizes.n, c.shift),
        y_(c.sizes.m * c.sizes.n, c.shift),
        gate_(c.with_gate ? y_.count() : 0, c.shift),
        up_(c.with_up ? y_.count() : 0, c.shift) {
    const double unit = 1 / std::sqrt(std::max<double>(c.sizes.k, 1));
    const auto fill = [&](const Tensor<T>& tensor, double scale, int which) {
      if (tensor.count() > 0) fill_normal(tensor.data(), tensor.count(), scale, 10 * c.seed + which, stream);
    };
    fill(x_, 1, 0);
    fill(w_gate_, unit * c.gate_scale, 1);
    fill(w_up_, unit, 2);
    fill(b_gate_, 1, 3);
    fill(b_up_, 1, 4);
    check(cudaStreamSynchronize(stream), "inputs");
  }

  FusedSwiGLUProblem<T> problem() const {
    return {case_.gate,
            case_.sizes,
            x_.data(),
            w_gate_.data(),
            w_up_.data(),
            case_.with_b_gate ? b_gate_.data() : nullptr,
            case_.with_b_up ? b_up_.data() : nullptr,
            y_.data(),
            case_.with_gate ? gate_.data() : nullptr,
            case_.with_up ? up_.data() : nullptr,
            case_.exact_float32};
  }

  void poison_outputs() {
    y_.poison();
    gate_.poison();
    up_.poison();
  }

  bool guards_intact() const { return y_.guards_intact() && gate_.guards_intact() && up_.guards_intact(); }

  uint64_t outputs_fingerprint(cudaStream_t stream) const {
    const auto of = [&](const Tensor<T>& tensor) { return fingerprint(tensor.data(), tensor.count() * sizeof(T), stream); };
    return of(y_) + 3 * of(gate_) + 5 * of(up_);
  }

 private:
  FusedCase case_;
  Tensor<T> x_, w_gate_, w_up_, b_gate_, b_up_, y_, gate_, up_;
};

inline std::ostream& operator<<(std::ostream& out, const FusedCase& c) {
  return out << c.sizes.m << "x" << c.sizes.k << "x" << c.sizes.n << (c.sizes.trans_b ? " transB" : "") << " activation "
             << int(c.gate.activation) << (c.gate.limited ? " limited" : "") << (c.with_b_gate ? " b_gate" : "")
             << (c.with_b_up ? " b_up" : "") << (c.with_gate ? " gate" : "") << (c.with_up ? " up" : "") << " scale " << c.gate_scale
             << " shift " << c.shift << (c.exact_float32 ? " exact" : "") << " seed " << c.seed;
}

}  // namespace test
