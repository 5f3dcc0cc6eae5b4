#include "grad.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "cuda/device_data.h"
#include "cuda/device_memory.h"
#include "cuda/elementwise_smxx.h"
#include "cuda/fused_grad/paths.h"
#include "cuda/grad_judge.h"
#include "peak_bytes.h"

namespace bench {

using namespace swiglu;
using test::check;
using test::Tensor;

// Two buffer sets for one shape: together they are larger than any L2 cache. d_gate and d_up are one pair, which ours and cuBLAS use in
// turns.
template <class T> class GradOperands {
 public:
  static constexpr int kSets = 2;

  GradOperands(const Workload& w, cudaStream_t stream)
      : sizes_{w.m, w.k, w.n, false},
        recomputes_(w.group == "grad_recompute"),
        with_biases_(w.group == "grad_biases"),
        results_(kSets * 4 * w.m * w.n),
        inputs_(kSets * 2 * w.m * w.k),
        weights_(kSets * 4 * w.k * w.n),
        biases_(2 * w.n),
        scratch_(std::max(needed(problem(0)), needed(given_problem(0)))) {
    test::fill_normal(results_.data(), results_.count(), 1, 1, stream);
    test::fill_normal(inputs_.data(), inputs_.count(), 1, 2, stream);
    test::fill_normal(weights_.data(), weights_.count(), 1 / std::sqrt(double(w.k)), 3, stream);
    check(cudaStreamSynchronize(stream), "operands");
  }

  const GemmSizes& sizes() const { return sizes_; }
  T* dy(int set) const { return result(set, 0); }
  T* gate(int set) const { return result(set, 1); }
  T* up(int set) const { return result(set, 2); }
  T* y(int set) const { return result(set, 3); }
  T* x(int set) const { return inputs_.data() + (2 * set) * sizes_.m * sizes_.k; }
  T* dx(int set) const { return inputs_.data() + (2 * set + 1) * sizes_.m * sizes_.k; }
  T* w(int set, int which) const { return weights_.data() + (4 * set + which) * sizes_.k * sizes_.n; }
  T* dw(int set, int which) const { return w(set, 2 + which); }
  T* scratch() const { return scratch_.data(); }
  T* d(int which) const { return scratch_.data() + which * sizes_.m * sizes_.n; }
  int64_t scratch_bytes() const { return needed(problem(0)) * int64_t(sizeof(T)); }

  FusedSwiGLUGradProblem<T> problem(int set) const {
    FusedSwiGLUGradProblem<T> p = given_problem(set);
    if (recomputes_) p.gate = p.up = nullptr;
    if (with_biases_) p.db_gate = biases_.data(), p.db_up = biases_.data() + sizes_.n;
    return p;
  }

  FusedSwiGLUGradProblem<T> given_problem(int set) const {
    return {Gate(), sizes_, dy(set), x(set), w(set, 0), w(set, 1), nullptr, nullptr, gate(set), up(set),
            dx(set), dw(set, 0), dw(set, 1), nullptr, nullptr, nullptr, false};
  }

 private:
  // Elements of scratch.
  static int64_t needed(const FusedSwiGLUGradProblem<T>& p) { return cuda::scratch_bytes(p, cuda::current_device()) / sizeof(T); }

  T* result(int set, int which) const { return results_.data() + (4 * set + which) * sizes_.m * sizes_.n; }

  GemmSizes sizes_;
  bool recomputes_, with_biases_;
  Tensor<T> results_, inputs_, weights_, biases_, scratch_;
};

template <class T> static void launch(const GradOperands<T>& operands, const FusedSwiGLUGradProblem<T>& problem, cudaStream_t stream) {
  check(cuda::fused_swiglu_grad(problem, operands.scratch(), {cuda::current_device(), stream}), "FusedSwiGLUGrad");
}

// cuBLAS's fastest way to each of the four products.
template <class T> class CublasGradient {
 public:
  CublasGradient(const Workload& w, const GradOperands<T>& operands, const Cublas& cublas, cudaStream_t stream) : operands_(operands) {
    const GradOperands<T>& o = operands;
    const auto [m, k, n, trans_b] = o.sizes();
    const Form times_transposed_weights = {false, true, false}, more = {false, true, true}, transposed_x = {true, false, false};
    first_dx_ = fastest(cublas.products(w.type, m, n, k, times_transposed_weights), o.d(0), o.w(0, 0), o.dx(0), stream);
    second_dx_ = fastest(cublas.products(w.type, m, n, k, more), o.d(1), o.w(0, 1), o.dx(0), stream);
    dw_ = fastest(cublas.products(w.type, k, m, n, transposed_x), o.x(0), o.d(0), o.dw(0, 0), stream);
  }

  void products(int set, cudaStream_t stream) const {
    const GradOperands<T>& o = operands_;
    first_dx_(o.d(0), o.w(set, 0), o.dx(set), stream);
    second_dx_(o.d(1), o.w(set, 1), o.dx(set), stream);
    for (const int which : {0, 1}) dw_(o.x(set), o.d(which), o.dw(set, which), stream);
  }

  void elementwise(int set, cudaStream_t stream) const {
    const GradOperands<T>& o = operands_;
    const int64_t count = o.sizes().m * o.sizes().n;
    check(cuda::swiglu_grad<T>({Gate(), {1, count, count, 1}, o.dy(set), o.gate(set), o.up(set), o.d(0), o.d(1), nullptr}, stream),
          "SwiGLUGrad");
    products(set, stream);
  }

 private:
  static Product fastest(const std::vector<Product>& products, const T* x, const T* w, T* out, cudaStream_t stream) {
    std::vector<Candidate> candidates;
    for (const Product& product : products) {
      candidates.push_back({"cuBLAS", [&, x, w, out](int, cudaStream_t s) { product(x, w, out, s); }});
    }
    return products[by_speed(candidates, 1, stream)[0]];
  }

  const GradOperands<T>& operands_;
  Product first_dx_, second_dx_, dw_;
};

// Of the output that is worst against the unfused graph.
template <class T> static Errors judged(const GradOperands<T>& operands, cudaStream_t stream) {
  const FusedSwiGLUGradProblem<T> problem = operands.problem(0);
  const test::GradJudge judge(problem, stream);
  launch(operands, problem, stream);
  const T* const outputs[] = {problem.dx, problem.dw_gate, problem.dw_up, problem.db_gate, problem.db_up, problem.y};
  Errors worst = {0, 1};
  for (int which = 0; which < int(std::size(outputs)); ++which) {
    if (outputs[which] == nullptr) continue;
    const test::GradVerdict verdict = judge.judge(problem, which, test::Products::float32, stream);
    if (!(verdict.error * worst.unfused <= worst.ours * verdict.error_unfused)) worst = {verdict.error, verdict.error_unfused};
  }
  return worst;
}

template <class T> static bool twenty_runs_agree(const GradOperands<T>& operands, cudaStream_t stream) {
  const auto [m, k, n, trans_b] = operands.sizes();
  uint64_t first = 0;
  for (int run = 0; run < 20; ++run) {
    launch(operands, operands.problem(0), stream);
    const uint64_t now = test::fingerprint(operands.dx(0), m * k * sizeof(T), stream) +
                         3 * test::fingerprint(operands.dw(0, 0), 2 * k * n * sizeof(T), stream);
    if (run == 0) first = now;
    if (now != first) return false;
  }
  return true;
}

template <class T> static Row measure(const Workload& w, const Effort& effort, const Cublas& cublas, cudaStream_t stream) {
  const GradOperands<T> operands(w, stream);
  const bool recomputes = w.group == "grad_recompute";
  const double product_flops = 2.0 * w.m * w.k * w.n;
  Row row = {w};
  row.path = cuda::name(cuda::choose(operands.problem(0), cuda::current_device()));
  row.flops = (recomputes ? 6 : 4) * product_flops;
  row.bytes = (double(recomputes ? 1 : 3) * w.m * w.n + 2.0 * w.m * w.k + 4.0 * w.k * w.n) * sizeof(T);
  row.peak_bytes = operands.scratch_bytes() + peak_bytes(stream, [&] { launch(operands, operands.problem(0), stream); });
  row.peak_bytes_unfused = 2 * w.m * w.n * int64_t(sizeof(T));

  const CublasGradient<T> gradient(w, operands, cublas, stream);
  std::vector<Candidate> candidates = {{"ours", [&](int set, cudaStream_t s) { launch(operands, operands.problem(set), s); }}};
  if (w.group == "grad") {
    candidates.push_back({"cublas_gemm", [&](int set, cudaStream_t s) { gradient.products(set, s); }});
    candidates.push_back({"cublas_elementwise", [&](int set, cudaStream_t s) { gradient.elementwise(set, s); }});
  } else {
    candidates.push_back({"grad", [&](int set, cudaStream_t s) { launch(operands, operands.given_problem(set), s); }});
  }
  if (recomputes) {
    candidates.push_back({"fused_swiglu", [&](int set, cudaStream_t s) {
                            const FusedSwiGLUGradProblem<T> p = operands.problem(set);
                            check(cuda::fused_swiglu<T>({p.gate_function, p.sizes, p.x, p.w_gate, p.w_up, nullptr, nullptr,
                                                         operands.y(set), nullptr, nullptr, false},
                                                        {cuda::current_device(), s}), "FusedSwiGLU");
                          }});
  }
  Plan plan = {GradOperands<T>::kSets};
  plan.total_ms = 1100 * effort.seconds_scale;
  plan.warm_ms = 150;
  const std::vector<Timing> timings = time_interleaved(candidates, plan, stream);
  row.ours = timings[0];
  for (size_t i = 1; i < candidates.size(); ++i) row.baselines[candidates[i].name] = timings[i].median;
  if (!effort.judged) return row;
  // Of a large problem, recomputing in float64 takes longer than everything else.
  if (!recomputes || w.m <= 2048) row.error = judged(operands, stream);
  row.bit_identical = twenty_runs_agree(operands, stream);
  return row;
}

Row measure_grad(const Workload& w, const Effort& effort, const Cublas& cublas, cudaStream_t stream) {
  return w.type == Type::float16 ? measure<float16>(w, effort, cublas, stream) : measure<bfloat16>(w, effort, cublas, stream);
}

}  // namespace bench
