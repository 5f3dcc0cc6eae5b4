#include "elementwise.h"

#include <algorithm>
#include <cmath>

#include "cuda/device_data.h"
#include "cuda/device_memory.h"
#include "cuda/elementwise_smxx.h"
#include "peak_bytes.h"

namespace bench {

using namespace swiglu;
using test::check;
using test::Tensor;

// Buffer sets of six tensors [m, n]: gate, up, dy, and the outputs, the last of them Y where it is recomputed.
template <class T> class ElementwiseOperands {
 public:
  ElementwiseOperands(const Workload& w, cudaStream_t stream)
      : count_(w.m * w.n), sets_(std::clamp<int>((256 << 20) / (kTensors * count_ * sizeof(T)), 2, 128)),
        all_(kTensors * sets_ * count_) {
    test::fill_normal(all_.data(), all_.count(), 1, 1, stream);
    check(cudaStreamSynchronize(stream), "operands");
  }
  int sets() const { return sets_; }
  int64_t count() const { return count_; }
  T* tensor(int set, int which) const { return all_.data() + (kTensors * set + which) * count_; }

 private:
  static constexpr int kTensors = 6;

  int64_t count_;
  int sets_;
  Tensor<T> all_;
};

// SwiGLUGrad that recomputes Y.
static bool with_y(const Workload& w) { return w.group == "elementwise_y"; }

template <class T> static void launch(const Workload& w, const ElementwiseOperands<T>& o, int set, cudaStream_t stream) {
  const GatedLayout layout = {1, o.count(), o.count(), 1};
  const T *gate = o.tensor(set, 0), *up = o.tensor(set, 1);
  T* const y = with_y(w) ? o.tensor(set, 5) : nullptr;
  check(w.op == "SwiGLU" ? cuda::swiglu<T>({Gate(), layout, gate, up, o.tensor(set, 3)}, stream)
                         : cuda::swiglu_grad<T>({Gate(), layout, o.tensor(set, 2), gate, up, o.tensor(set, 3), o.tensor(set, 4),
                                                 y}, stream), w.op.c_str());
}

template <class T> static double rounded(double value) { return widen(narrow<T>(static_cast<float>(value))); }

struct Pair {
  double first, second;  // y and nothing, or d_gate and d_up
};

static Pair exact(bool gradient, double g, double u, double v) {
  const double s = 1 / (1 + std::exp(-g));
  if (!gradient) return {g * s * u, 0};
  return {v * u * s * (1 + g * (1 - s)), v * g * s};
}

// The unfused graph, rounded to T after every operator.
template <class T> static Pair unfused(bool gradient, double g, double u, double v) {
  const auto r = [](double value) { return rounded<T>(value); };
  const double s = r(1 / (1 + std::exp(-g))), silu = r(g * s);
  if (!gradient) return {r(silu * u), 0};
  return {r(r(v * u) * r(s * r(1 + r(g * r(1 - s))))), r(v * silu)};
}

// On the first elements of buffer set 0.
template <class T> static void judge(const Workload& w, const ElementwiseOperands<T>& o, Row* row) {
  const int64_t sampled = std::min<int64_t>(o.count(), 200000);
  const auto host = [&](int which) {
    std::vector<T> values(sampled);
    check(cudaMemcpy(values.data(), o.tensor(0, which), sampled * sizeof(T), cudaMemcpyDeviceToHost));
    return values;
  };
  const bool gradient = w.op == "SwiGLUGrad";
  const std::vector<T> gate = host(0), up = host(1), dy = host(2), first = host(3), second = host(4);
  double norm = 0, error = 0, error_unfused = 0;
  for (int64_t i = 0; i < sampled; ++i) {
    const double g = widen(gate[i]), u = widen(up[i]), v = widen(dy[i]);
    const Pair e = exact(gradient, g, u, v), rough = unfused<T>(gradient, g, u, v);
    const Pair ours = {widen(first[i]), gradient ? widen(second[i]) : 0.0};
    norm += e.first * e.first + e.second * e.second;
    error += std::pow(ours.first - e.first, 2) + std::pow(ours.second - e.second, 2);
    error_unfused += std::pow(rough.first - e.first, 2) + std::pow(rough.second - e.second, 2);
  }
  row->error = Errors{std::sqrt(error / norm), std::sqrt(error_unfused / norm)};
}

template <class T> static Row measure(const Workload& w, const Effort& effort, cudaStream_t stream) {
  const ElementwiseOperands<T> operands(w, stream);
  Row row = {w};
  row.path = "smxx";
  row.bytes = double(w.op == "SwiGLU" ? 3 : with_y(w) ? 6 : 5) * operands.count() * sizeof(T);
  row.peak_bytes_unfused = (w.op == "SwiGLU" ? 2 : 4) * operands.count() * int64_t(sizeof(T));
  row.peak_bytes = peak_bytes(stream, [&] { launch(w, operands, 0, stream); });
  Plan plan = {operands.sets()};
  plan.total_ms = 120 * effort.seconds_scale;
  row.ours = time_interleaved({{w.op, [&](int set, cudaStream_t s) { launch(w, operands, set, s); }}}, plan, stream)[0];
  if (!effort.judged) return row;
  uint64_t first = 0;
  row.bit_identical = true;
  for (int run = 0; run < 20; ++run) {
    launch(w, operands, 0, stream);
    const uint64_t now = test::fingerprint(operands.tensor(0, 3), 2 * operands.count() * sizeof(T), stream);
    if (run == 0) first = now;
    if (now != first) row.bit_identical = false;
  }
  judge(w, operands, &row);
  return row;
}

Row measure_elementwise(const Workload& w, const Effort& effort, cudaStream_t stream) {
  return w.type == Type::float16 ? measure<float16>(w, effort, stream) : measure<bfloat16>(w, effort, stream);
}

}  // namespace bench
