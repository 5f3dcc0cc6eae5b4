#include "fused.h"

#include <algorithm>
#include <cmath>
#include <memory>

#include "baselines.h"
#include "cuda/device_data.h"
#include "cuda/device_memory.h"
#include "cuda/elementwise_smxx.h"
#include "cuda/judge.h"
#include "peak_bytes.h"

namespace bench {

using namespace swiglu;
using test::check;
using test::Tensor;

// More than any L2 cache, so that nothing is found there that a real model would not find.
constexpr int64_t kRotatedBytes = 256 << 20;

// Buffer sets for one shape. Weights lie as [W_gate | W_up] in one piece, which cublas_gemm takes for one [k, 2n] matrix; the
// unfused graph's intermediates are few and used again and again, as an allocator would have it.
template <class T> class FusedOperands {
 public:
  FusedOperands(const Workload& w, cudaStream_t stream)
      : sizes_{w.m, w.k, w.n, false},
        sets_(sets_for(w)),
        x_(sets_ * x_stride()),
        weights_(sets_ * weights_stride()),
        y_(sets_ * y_stride()),
        gate_up_(2 * y_stride()),
        sigmoid_(y_stride()) {
    test::fill_normal(x_.data(), x_.count(), 1, 1, stream);
    test::fill_normal(weights_.data(), weights_.count(), 1 / std::sqrt(double(w.k)), 2, stream);
    check(cudaStreamSynchronize(stream), "operands");
  }

  int sets() const { return sets_; }
  const T* x(int set) const { return x_.data() + set * x_stride(); }
  T* weights(int set) const { return weights_.data() + set * weights_stride(); }
  T* y(int set) const { return y_.data() + set * y_stride(); }
  T* gate() const { return gate_up_.data(); }
  T* up() const { return gate_up_.data() + y_stride(); }
  T* sigmoids() const { return sigmoid_.data(); }
  int64_t y_count() const { return sizes_.m * sizes_.n; }
  T* w_up(int set) const { return weights(set) + padded(sizes_.k * sizes_.n); }
  int64_t weight_count() const { return sizes_.k * sizes_.n; }

  FusedSwiGLUProblem<T> problem(int set) const {
    return {Gate(), sizes_, x(set), weights(set), w_up(set), nullptr, nullptr, y(set), nullptr, nullptr, false};
  }

 private:
  static int64_t padded(int64_t count) { return (count + 127) / 128 * 128; }
  static int sets_for(const Workload& w) {
    const int64_t bytes = (w.m * w.k + 2 * w.k * w.n + w.m * w.n) * int64_t(sizeof(T));
    return static_cast<int>(std::clamp<int64_t>((kRotatedBytes + bytes - 1) / bytes, 2, 128));
  }
  int64_t x_stride() const { return padded(sizes_.m * sizes_.k); }
  int64_t weights_stride() const { return 2 * padded(sizes_.k * sizes_.n); }
  int64_t y_stride() const { return padded(sizes_.m * sizes_.n); }

  GemmSizes sizes_;
  int sets_;
  Tensor<T> x_, weights_, y_, gate_up_, sigmoid_;
};

template <class T> static void launch_ours(const FusedSwiGLUProblem<T>& problem, cuda::Path path, cudaStream_t stream) {
  check(cuda::fused_swiglu(problem, {cuda::current_device(), stream}, path), cuda::name(path));
}

// cuBLAS's ways to compute [m, k] · [k, columns] over these buffers: the best two of a short measurement, the faster one first, and
// the default if it is not among them.
template <class T>
static std::vector<Product> best_products(const Workload& w, int64_t columns, const FusedOperands<T>& operands, const Cublas& cublas,
                                          cudaStream_t stream) {
  constexpr size_t kDefault = 0, kKept = 2;
  const std::vector<Product> products = cublas.products(w.type, w.m, w.k, columns);
  std::vector<Candidate> candidates;
  for (const Product& product : products) {
    candidates.push_back({"cuBLAS", [&](int set, cudaStream_t s) {
                            product(operands.x(set), operands.weights(set), operands.gate(), s);
                          }});
  }
  std::vector<Product> best;
  for (const size_t product : by_speed(candidates, operands.sets(), stream)) {
    if (best.size() < kKept || product == kDefault) best.push_back(products[product]);
  }
  return best;
}

template <class T> struct Baselines {
  const FusedOperands<T>& operands;
  std::vector<Product> wide;  // with [W_gate | W_up]
  Product single;             // with one of them

  void gemm(const Product& product, int set, cudaStream_t stream) const {
    product(operands.x(set), operands.weights(set), operands.gate(), stream);
  }

  void add_gemms(std::vector<Candidate>* candidates) const {
    for (const Product& product : wide) {
      candidates->push_back({"cublas_gemm", [this, &product](int set, cudaStream_t s) { gemm(product, set, s); }});
    }
  }

  void two_products(int set, cudaStream_t stream) const {
    single(operands.x(set), operands.weights(set), operands.gate(), stream);
    single(operands.x(set), operands.w_up(set), operands.up(), stream);
  }

  void unfused(int set, cudaStream_t stream) const {
    two_products(set, stream);
    sigmoid(operands.gate(), operands.sigmoids(), operands.y_count(), stream);
    multiply(operands.gate(), operands.sigmoids(), operands.sigmoids(), operands.y_count(), stream);
    multiply(operands.sigmoids(), operands.up(), operands.y(set), operands.y_count(), stream);
  }

  void elementwise(int set, cudaStream_t stream) const {
    two_products(set, stream);
    const int64_t count = operands.y_count();
    check(cuda::swiglu<T>({Gate(), {1, count, count, 1}, operands.gate(), operands.up(), operands.y(set)}, stream), "SwiGLU");
  }
};

// Medians by name, of candidates with the same name the least.
static std::map<std::string, double> medians(const std::vector<Candidate>& candidates, const std::vector<Timing>& timings) {
  std::map<std::string, double> result;
  for (size_t i = 0; i < candidates.size(); ++i) {
    double& us = result.emplace(candidates[i].name, timings[i].median).first->second;
    us = std::min(us, timings[i].median);
  }
  return result;
}

static Plan plan_for(const Workload& w, const Effort& effort, int sets) {
  Plan plan = {sets};
  const bool large = 2.0 * w.m * w.k * 2 * w.n > 1e11;
  plan.total_ms = effort.seconds_scale * (w.group == "sweep" ? 50 : w.m >= 2048 ? 1100 : w.m > 64 ? 800 : 500);
  plan.warm_ms = large ? (w.group == "sweep" ? 30 : 150) : 0;
  if (w.group == "sweep") plan.graph_us = 700;
  return plan;
}

static std::vector<int64_t> sampled_rows(const Workload& w) {
  const int64_t most = w.group == "sweep" ? 8 : 64;
  std::vector<int64_t> rows;
  for (int64_t i = 0; i < std::min(w.m, most); ++i) rows.push_back(i * w.m / std::min(w.m, most));
  rows.back() = w.m - 1;
  return rows;
}

// Errors of ours and of the unfused graph over buffer set 0.
template <class T>
static Errors judged(const Workload& w, const FusedOperands<T>& operands, const Baselines<T>& baselines, cudaStream_t stream) {
  const FusedSwiGLUProblem<T> problem = operands.problem(0);
  const test::Products products = w.type == Type::float32 ? test::Products::tf32 : test::Products::float32;
  const test::Judge judge(problem, products, sampled_rows(w), stream);
  const T* none = nullptr;
  const auto error = [&] {
    const double result = judge.judge(problem.y, none, none, stream).error;
    check(cudaMemsetAsync(problem.y, test::kPoison, operands.y_count() * sizeof(T), stream));
    return result;
  };
  check(cudaMemsetAsync(problem.y, test::kPoison, operands.y_count() * sizeof(T), stream));
  launch_ours(problem, w.path, stream);
  const double ours = error();
  baselines.unfused(0, stream);
  return {ours, error()};
}

template <class T> static bool twenty_runs_agree(const Workload& w, const FusedOperands<T>& operands, cudaStream_t stream) {
  uint64_t first = 0;
  for (int run = 0; run < 20; ++run) {
    launch_ours(operands.problem(0), w.path, stream);
    const uint64_t now = test::fingerprint(operands.y(0), operands.y_count() * sizeof(T), stream);
    if (run == 0) first = now;
    if (now != first) return false;
  }
  return true;
}

template <class T> static Row measure(const Workload& w, const Effort& effort, const Cublas& cublas, cudaStream_t stream) {
  const FusedOperands<T> operands(w, stream);
  Row row = {w};
  row.path = cuda::name(w.path == cuda::Path::automatic ? cuda::choose(operands.problem(0), cuda::current_device()) : w.path);
  row.flops = 2.0 * w.m * w.k * 2 * w.n;
  row.bytes = double(w.m * w.k + 2 * w.k * w.n + w.m * w.n) * sizeof(T);
  row.peak_bytes_unfused = 3 * operands.y_count() * int64_t(sizeof(T));
  row.peak_bytes = peak_bytes(stream, [&] { launch_ours(operands.problem(0), w.path, stream); });

  const bool sweep = w.group == "sweep", alone = !sweep && w.m <= 2048;
  Baselines<T> baselines = {operands, {}, best_products(w, w.n, operands, cublas, stream)[0]};
  if (!sweep) baselines.wide = best_products(w, 2 * w.n, operands, cublas, stream);
  std::vector<Candidate> candidates = {
      {"ours", [&](int set, cudaStream_t s) { launch_ours(operands.problem(set), w.path, s); }},
      {"cublas_elementwise", [&](int set, cudaStream_t s) { baselines.elementwise(set, s); }}};
  if (!sweep) {
    baselines.add_gemms(&candidates);
    candidates.push_back({"cublas_unfused", [&](int set, cudaStream_t s) { baselines.unfused(set, s); }});
  }
  if (alone) {
    candidates.push_back({"ours_alone", [&](int set, cudaStream_t s) {
                            launch_ours(operands.problem(set), w.path, s);
                            pause(s);
                          }});
    candidates.push_back({"cublas_gemm_alone", [&](int set, cudaStream_t s) {
                            baselines.gemm(baselines.wide[0], set, s);
                            pause(s);
                          }});
  }
  const std::vector<Timing> timings = time_interleaved(candidates, plan_for(w, effort, operands.sets()), stream);
  row.ours = timings[0];
  row.baselines = medians(candidates, timings);
  row.baselines.erase("ours");
  if (alone) row.us_alone = row.baselines.extract("ours_alone").mapped();
  if (!effort.judged) return row;

  row.error = judged(w, operands, baselines, stream);
  row.bit_identical = twenty_runs_agree(w, operands, stream);
  if (!sweep) {
    test::fill_normal(operands.weights(0), operands.weight_count(), 30 / std::sqrt(double(w.k)), 3, stream);
    row.error_wide = judged(w, operands, baselines, stream);
  }
  return row;
}

template <class T>
static std::map<std::string, double> compare(const Workload& w, const std::vector<cuda::Path>& paths, const Effort& effort,
                                             const Cublas& cublas, cudaStream_t stream) {
  const FusedOperands<T> operands(w, stream);
  const Baselines<T> baselines = {operands, best_products(w, 2 * w.n, operands, cublas, stream),
                                  best_products(w, w.n, operands, cublas, stream)[0]};
  std::vector<Candidate> candidates = {
      {"cublas_elementwise", [&](int set, cudaStream_t s) { baselines.elementwise(set, s); }}};
  baselines.add_gemms(&candidates);
  for (const cuda::Path path : paths) {
    if (path != cuda::Path::automatic && !cuda::takes(path, operands.problem(0), cuda::current_device())) continue;
    candidates.push_back({cuda::name(path), [&, path](int set, cudaStream_t s) { launch_ours(operands.problem(set), path, s); }});
  }
  const std::vector<Timing> timings = time_interleaved(candidates, plan_for(w, effort, operands.sets()), stream);
  return medians(candidates, timings);
}

Row measure_fused(const Workload& w, const Effort& effort, const Cublas& cublas, cudaStream_t stream) {
  if (w.type == Type::float32) return measure<float>(w, effort, cublas, stream);
  return w.type == Type::float16 ? measure<float16>(w, effort, cublas, stream) : measure<bfloat16>(w, effort, cublas, stream);
}

std::map<std::string, double> compare_paths(const Workload& w, const std::vector<cuda::Path>& paths, const Effort& effort,
                                            const Cublas& cublas, cudaStream_t stream) {
  if (w.type == Type::float32) return compare<float>(w, paths, effort, cublas, stream);
  return w.type == Type::float16 ? compare<float16>(w, paths, effort, cublas, stream)
                                 : compare<bfloat16>(w, paths, effort, cublas, stream);
}

}  // namespace bench
