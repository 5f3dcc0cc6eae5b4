#include "cuda/judge.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "cuda/formula64.h"

namespace test {

using namespace swiglu;

constexpr int kThreads = 256;
constexpr double kStep = 0x1p-24;  // of the accumulator

// tiny: a GPU's exponential is 0 below 2⁻¹²⁶, and gates and ups of up to 100 multiply what is lost.
template <class T> struct TypeFacts;
template <> struct TypeFacts<float> { static constexpr double roundoff = 0x1p-24, tiny = 0x1p-112, largest = 0x1p128; };
template <> struct TypeFacts<float16> { static constexpr double roundoff = 0x1p-11, tiny = 0x1p-24, largest = 65504; };
template <> struct TypeFacts<bfloat16> { static constexpr double roundoff = 0x1p-8, tiny = 0x1p-112, largest = 0x1p128; };

__device__ float nearest_tf32(float value) { return float_of((bits_of(value) + 0x1000u) & ~0x1fffu); }

struct Projection {
  double value, spread;
  float unfused;
};

// Row `x` times a column of weights. The unfused graph's product has eight partial sums in float32, as a vector unit would.
template <class T>
__device__ Projection project(const T* x, const T* w, int64_t w_step, int64_t k, const T* bias, bool tf32) {
  double sum = 0, magnitude = 0, squares = 0;
  float partial[8] = {};
  for (int64_t base = 0; base < k; base += 8) {
#pragma unroll
    for (int i = 0; i < 8; ++i) {
      if (base + i >= k) break;
      const float a = widen(x[base + i]), b = widen(w[(base + i) * w_step]);
      const double term = double(a) * double(b);
      sum += term;
      magnitude += fabs(term);
      squares += term * term;
      partial[i] += tf32 ? nearest_tf32(a) * nearest_tf32(b) : a * b;
    }
  }
  float product = 0;
  for (const float p : partial) product += p;
  const double tf32_spread = tf32 ? 0x1p-10 * (fabs(sum) + sqrt(squares)) : 0;
  float unfused = rounded<T>(product);
  if (bias != nullptr) {
    const double b = widen(*bias);
    sum += b;
    magnitude += fabs(b);
    unfused = rounded<T>(unfused + b);
  }
  return {sum, 4 * kStep * magnitude + tf32_spread, unfused};
}

template <class T>
__global__ void exact_kernel(FusedSwiGLUProblem<T> p, const int64_t* rows, int64_t count, bool tf32, Exact* exact) {
  const auto [m, k, n, trans_b] = p.sizes;
  const Gate& gate = p.gate_function;
  for (int64_t at = int64_t(blockIdx.x) * kThreads + threadIdx.x; at < count; at += int64_t(gridDim.x) * kThreads) {
    const int64_t j = at % n, first = trans_b ? j * k : j, step = trans_b ? 1 : n;
    const T* x = p.x + rows[at / n] * k;
    const Projection g = project(x, p.w_gate + first, step, k, p.b_gate == nullptr ? nullptr : p.b_gate + j, tf32);
    const Projection u = project(x, p.w_up + first, step, k, p.b_up == nullptr ? nullptr : p.b_up + j, tf32);
    const double y = gated64(gate, g.value, u.value);
    const double moved_gate = fmax(fabs(gated64(gate, g.value + g.spread, u.value) - y),
                                   fabs(gated64(gate, g.value - g.spread, u.value) - y));
    const double moved_up = fmax(fabs(gated64(gate, g.value, u.value + u.spread) - y),
                                 fabs(gated64(gate, g.value, u.value - u.spread) - y));
    const double unfused = rounded<T>(double(rounded<T>(activated64(gate, g.unfused))) * rounded<T>(offset64(gate, u.unfused)));
    exact[at] = {y, g.value, u.value, moved_gate + moved_up + 16 * kStep * fabs(y), g.spread, u.spread, unfused};
  }
}

struct Sums {
  double exact, error, unfused, rounded, spread;  // squares
  double worst;
  int64_t wrong;

  __device__ void add(const Sums& other) {
    exact += other.exact;
    error += other.error;
    unfused += other.unfused;
    rounded += other.rounded;
    spread += other.spread;
    worst = fmax(worst, other.worst);
    wrong += other.wrong;
  }
};

__device__ double square(double x) { return x * x; }

template <class T> __device__ bool is_wrong(T result, double exact, double allowed, double* worst) {
  const double off = fabs(double(widen(result)) - exact) / allowed;
  *worst = fmax(*worst, off);
  return !(off <= 1);
}

template <class T>
__global__ void judge_kernel(const Exact* exact, const int64_t* rows, int64_t n, int64_t count, const T* y, const T* gate,
                             const T* up, Sums* result) {
  using Facts = TypeFacts<T>;
  __shared__ Sums shared[kThreads];
  Sums sums = {};
  for (int64_t at = int64_t(blockIdx.x) * kThreads + threadIdx.x; at < count; at += int64_t(gridDim.x) * kThreads) {
    const Exact e = exact[at];
    const int64_t from = rows[at / n] * n + at % n;
    const auto wrong = [&](T result, double exactly, double spread) {
      return is_wrong(result, exactly, 1.01 * Facts::roundoff * fabs(exactly) + spread + Facts::tiny, &sums.worst);
    };
    if (fabs(e.y) >= 0.99 * Facts::largest) {  // overflows, or may
      const double large = copysign(double(widen(y[from])), double(widen(y[from])) * e.y);
      sums.wrong += !(large >= 0.98 * Facts::largest);
    } else {
      sums.wrong += wrong(y[from], e.y, 8 * e.y_spread);
      sums.exact += square(e.y);
      sums.error += square(double(widen(y[from])) - e.y);
      sums.unfused += isfinite(e.unfused) ? square(e.unfused - e.y) : 0;
      sums.rounded += square(rounded<T>(e.y) - e.y);
      sums.spread += square(e.y_spread + Facts::tiny);
    }
    if (gate != nullptr) sums.wrong += wrong(gate[from], e.gate, 4 * e.gate_spread);
    if (up != nullptr) sums.wrong += wrong(up[from], e.up, 4 * e.up_spread);
  }
  shared[threadIdx.x] = sums;
  __syncthreads();
  if (threadIdx.x != 0) return;
  for (int i = 1; i < kThreads; ++i) sums.add(shared[i]);
  result[blockIdx.x] = sums;
}

static int blocks_for(int64_t count, int64_t most) {
  return static_cast<int>(std::clamp<int64_t>((count + kThreads - 1) / kThreads, 1, most));
}

static std::vector<int64_t> all_if_none(std::vector<int64_t> rows, int64_t m) {
  if (!rows.empty()) return rows;
  rows.resize(m);
  std::iota(rows.begin(), rows.end(), 0);
  return rows;
}

template <class T>
Judge::Judge(const FusedSwiGLUProblem<T>& problem, Products products, std::vector<int64_t> rows, cudaStream_t stream)
    : n_(problem.sizes.n), rows_(all_if_none(std::move(rows), problem.sizes.m)), exact_(rows_.count() * n_) {
  const int64_t count = exact_.count();
  check(cudaDeviceSynchronize(), "inputs");
  exact_kernel<<<blocks_for(count, 1 << 20), kThreads, 0, stream>>>(problem, rows_.data(), count, products == Products::tf32,
                                                                    exact_.data());
  check(cudaGetLastError(), "judge");
}

template <class T> Verdict Judge::judge(const T* y, const T* gate, const T* up, cudaStream_t stream) const {
  const int blocks = blocks_for(exact_.count(), 512);
  Tensor<Sums> sums(blocks);
  check(cudaDeviceSynchronize(), "judge");
  judge_kernel<<<blocks, kThreads, 0, stream>>>(exact_.data(), rows_.data(), n_, exact_.count(), y, gate, up, sums.data());
  check(cudaGetLastError(), "judge");
  check(cudaStreamSynchronize(stream), "judge");
  Sums total = {};
  for (const Sums& s : sums.values()) {
    total = {total.exact + s.exact,     total.error + s.error,         total.unfused + s.unfused,   total.rounded + s.rounded,
             total.spread + s.spread, std::max(total.worst, s.worst), total.wrong + s.wrong};
  }
  const double norm = std::max(std::sqrt(total.exact), 1e-30);
  return {std::sqrt(total.error) / norm, std::sqrt(total.unfused) / norm, std::sqrt(total.rounded) / norm,
          std::sqrt(total.spread) / norm, total.worst, total.wrong};
}

#define SWIGLU_INSTANTIATE(T)                                                                                      \
  template Judge::Judge(const FusedSwiGLUProblem<T>&, Products, std::vector<int64_t>, cudaStream_t);               \
  template Verdict Judge::judge(const T*, const T*, const T*, cudaStream_t) const;
SWIGLU_INSTANTIATE(float)
SWIGLU_INSTANTIATE(float16)
SWIGLU_INSTANTIATE(bfloat16)
#undef SWIGLU_INSTANTIATE

}  // namespace test
