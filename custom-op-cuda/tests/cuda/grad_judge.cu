#include "cuda/grad_judge.h"

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "cuda/formula64.h"

namespace test {

using namespace swiglu;

constexpr int kThreads = 256;

// Of one element of the gate, exactly and as the graph of rounded tensors has it; and what roundings of it and, where they are
// recomputed, of gate and up are relative to, which near a zero of the derivative, or of up, is not the derivative.
struct Derivative {
  double d_gate, d_up, y;
  float unfused_d_gate, unfused_d_up, unfused_y;
  float gate_scale, up_scale, y_scale;
};

// What is given is exact. A sum is known to the roundoff of its terms, independent of each other, and of itself.
struct Projected {
  double value, uncertainty;
};

template <class T>
__device__ Projected project64(const FusedSwiGLUGradProblem<T>& p, const T* given, const T* w, const T* bias, int64_t i, int64_t j) {
  const auto [m, k, n, trans_b] = p.sizes;
  if (p.gate != nullptr && p.up != nullptr) return {widen(given[i * n + j]), 0};
  double sum = bias == nullptr ? 0 : widen(bias[j]), squares = sum * sum;
  for (int64_t a = 0; a < k; ++a) {
    const double term = double(widen(p.x[i * k + a])) * widen(w[trans_b ? j * k + a : a * n + j]);
    sum += term, squares += term * term;
  }
  return {sum, fabs(sum) + sqrt(squares)};
}

template <class T> __device__ Derivative derive(const FusedSwiGLUGradProblem<T>& p, int64_t i, int64_t j) {
  const auto [g, of_g] = project64(p, p.gate, p.w_gate, p.b_gate, i, j);
  const auto [u, of_u] = project64(p, p.up, p.w_up, p.b_up, i, j);
  const double dy = widen(p.dy[i * p.sizes.n + j]);
  const Gate& gate = p.gate_function;
  const float rough_g = rounded<T>(g), rough_u = rounded<T>(u), rough_offset = rounded<T>(offset64(gate, rough_u));
  const float rough_act = rounded<T>(activated64(gate, rough_g)), rough_slope = rounded<T>(gate_slope64(gate, rough_g));
  const double act = activated64(gate, g), slope = gate_slope64(gate, g), offset = offset64(gate, u);
  const double d_gate = dy * offset * slope, d_up = dy * act * up_passes64(gate, u), y = gated64(gate, g, u);
  const double curvature = 2, steepness = fabs(slope) + 0.5;  // as much as any activation's; a little more than at g itself
  return {d_gate,
          d_up,
          y,
          rounded<T>(double(rounded<T>(dy * rough_offset)) * rough_slope),
          rounded<T>(dy * rough_act * up_passes64(gate, rough_u)),
          rounded<T>(double(rough_act) * rough_offset),
          float(fabs(d_gate) + fabs(dy) * ((0.5 + curvature * of_g) * fabs(offset) + steepness * of_u)),
          float(fabs(d_up) + fabs(dy) * steepness * of_g),
          float(fabs(y) + steepness * of_g * fabs(offset) + fabs(act) * of_u)};
}

// Derivatives of gate (0) and up (1).
struct Derivatives {
  double* exact[2];
  float *unfused[2], *scale[2];
};

template <class T>
__global__ void derivative_kernel(FusedSwiGLUGradProblem<T> p, Derivatives to) {
  const int64_t count = p.sizes.m * p.sizes.n;
  for (int64_t at = int64_t(blockIdx.x) * kThreads + threadIdx.x; at < count; at += int64_t(gridDim.x) * kThreads) {
    const Derivative d = derive(p, at / p.sizes.n, at % p.sizes.n);
    to.exact[0][at] = d.d_gate, to.unfused[0][at] = d.unfused_d_gate, to.scale[0][at] = d.gate_scale;
    to.exact[1][at] = d.d_up, to.unfused[1][at] = d.unfused_d_up, to.scale[1][at] = d.up_scale;
  }
}

struct Sum {
  double exact = 0, unfused = 0, squares = 0, magnitude = 0;

  __device__ void add(const Derivatives& d, int half, int64_t at, double factor) {
    const double scale = d.scale[half][at] * factor;
    exact += d.exact[half][at] * factor;
    unfused += d.unfused[half][at] * factor;
    squares += scale * scale;
    magnitude += fabs(scale);
  }
  template <class T> __device__ GradJudge::Element element() const {
    return {exact, rounded<T>(unfused), rounded<T>(exact), squares, magnitude};
  }
};

template <class T>
__device__ GradJudge::Element element(const FusedSwiGLUGradProblem<T>& p, const Derivatives& d, int which, int64_t index) {
  const auto [m, k, n, trans_b] = p.sizes;
  if (which == 0) {
    const int64_t i = index / k, a = index % k;
    Sum sums[2];
    for (int half = 0; half < 2; ++half) {
      const T* w = half == 0 ? p.w_gate : p.w_up;
      for (int64_t j = 0; j < n; ++j) {
        sums[half].add(d, half, i * n + j, widen(w[trans_b ? j * k + a : a * n + j]));
      }
    }
    const double exact = sums[0].exact + sums[1].exact;
    return {exact, rounded<T>(double(rounded<T>(sums[0].unfused)) + rounded<T>(sums[1].unfused)), rounded<T>(exact),
            sums[0].squares + sums[1].squares, sums[0].magnitude + sums[1].magnitude};
  }
  if (which == 5) {
    const Derivative derivative = derive(p, index / n, index % n);
    const double scale = derivative.y_scale;
    return {derivative.y, derivative.unfused_y, rounded<T>(derivative.y), scale * scale, scale};
  }
  const int half = (which - 1) % 2;
  const bool of_weights = which <= 2;
  const int64_t j = !of_weights ? index : trans_b ? index / k : index % n, a = !of_weights ? 0 : trans_b ? index % k : index / n;
  Sum sum;
  for (int64_t i = 0; i < m; ++i) {
    sum.add(d, half, i * n + j, of_weights ? widen(p.x[i * k + a]) : 1.0f);
  }
  return sum.template element<T>();
}

// Sample s of an output of `count` elements is its element place(s); the first and the last are among them.
struct Samples {
  int64_t count, samples;

  explicit Samples(int64_t count) : count(count), samples(std::min(count, GradJudge::kMostSamples)) {}
  __host__ __device__ int64_t place(int64_t s) const {
    return samples < 2 ? s : static_cast<int64_t>(double(count - 1) * double(s) / double(samples - 1) + 0.5);
  }
};

template <class T>
__global__ void element_kernel(FusedSwiGLUGradProblem<T> p, Derivatives d, int which, Samples samples, GradJudge::Element* to) {
  const int64_t s = int64_t(blockIdx.x) * kThreads + threadIdx.x;
  if (s < samples.samples) to[s] = element(p, d, which, samples.place(s));
}

template <class T> __global__ void gather_kernel(const T* from, Samples samples, float* to) {
  const int64_t s = int64_t(blockIdx.x) * kThreads + threadIdx.x;
  if (s < samples.samples) to[s] = widen(from[samples.place(s)]);
}

static unsigned blocks_for(int64_t count) {
  return static_cast<unsigned>(std::clamp<int64_t>((count + kThreads - 1) / kThreads, 1, 1 << 20));
}

template <class T> static T* output(const FusedSwiGLUGradProblem<T>& p, int which) {
  T* const outputs[] = {p.dx, p.dw_gate, p.dw_up, p.db_gate, p.db_up, p.y};
  return outputs[which];
}

static int64_t output_count(const GemmSizes& s, int which) {
  return which == 0 ? s.m * s.k : which <= 2 ? s.k * s.n : which <= 4 ? s.n : s.m * s.n;
}

template <class T> GradJudge::GradJudge(const FusedSwiGLUGradProblem<T>& p, cudaStream_t stream) {
  const int64_t count = p.sizes.m * p.sizes.n;
  const Tensor<double> d_gate(count), d_up(count);
  const Tensor<float> unfused_d_gate(count), unfused_d_up(count), gate_scale(count), up_scale(count);
  const Derivatives d = {{d_gate.data(), d_up.data()},
                         {unfused_d_gate.data(), unfused_d_up.data()},
                         {gate_scale.data(), up_scale.data()}};
  check(cudaDeviceSynchronize(), "inputs");
  derivative_kernel<<<blocks_for(count), kThreads, 0, stream>>>(p, d);
  check(cudaGetLastError(), "judge");
  for (int which = 0; which < int(kGradOutputs.size()); ++which) {
    const Samples samples(output_count(p.sizes, which));
    if (output(p, which) == nullptr || samples.count == 0) continue;
    const Tensor<Element> elements(samples.samples);
    element_kernel<<<blocks_for(samples.samples), kThreads, 0, stream>>>(p, d, which, samples, elements.data());
    check(cudaGetLastError(), "judge");
    check(cudaStreamSynchronize(stream), "judge");
    exact_[which] = elements.values();
  }
}

template <class T>
GradVerdict GradJudge::judge(const FusedSwiGLUGradProblem<T>& p, int which, Products products, cudaStream_t stream) const {
  const Samples samples(output_count(p.sizes, which));
  const Tensor<float> gathered(samples.samples);
  if (samples.count > 0) {
    gather_kernel<<<blocks_for(samples.samples), kThreads, 0, stream>>>(output(p, which), samples, gathered.data());
    check(cudaGetLastError(), "judge");
  }
  check(cudaStreamSynchronize(stream), "judge");
  const std::vector<float> results = gathered.values();
  const bool tf32 = products == Products::tf32;
  const double roundoff = tf32 ? 0x1p-10 : std::is_same_v<T, float> ? 0x1p-22 : std::is_same_v<T, float16> ? 0x1p-11 : 0x1p-8;
  const double tiny = std::is_same_v<T, float16> ? 0x1p-22 : 0x1p-100;
  double norm = 0, error = 0, unfused = 0, once = 0, scales = 0, worst = 0;
  for (int64_t s = 0; s < samples.samples; ++s) {
    const Element& e = exact_[which][s];
    const double off = std::fabs(results[s] - e.exact);
    const double spread = roundoff * (std::fabs(e.exact) + std::sqrt(e.squares)) * 12 + 8 * 0x1p-24 * e.magnitude + tiny;
    worst = off <= GradVerdict::kWrong ? std::max(worst, off / spread) : GradVerdict::kWrong;
    norm += e.exact * e.exact;
    error += off * off;
    unfused += (e.unfused - e.exact) * (e.unfused - e.exact);
    once += (e.rounded - e.exact) * (e.rounded - e.exact);
    scales += e.squares;
    if (worst == GradVerdict::kWrong) break;
  }
  norm = std::max(std::sqrt(norm), 1e-30);
  const double inside = std::is_same_v<T, float> ? (tf32 ? 0x1p-9 : 0x1p-17) : 0x1p-16;
  // The roundings of a few elements may happen to be small.
  const double few = samples.samples < 4096 ? roundoff * std::sqrt(scales) : 0;
  const double bound = 2 * std::max({std::sqrt(unfused), std::sqrt(once), few}) / norm + inside + tiny * std::sqrt(samples.samples) / norm;
  return {std::sqrt(error) / norm, std::sqrt(unfused) / norm, bound, worst};
}

#define SWIGLU_INSTANTIATE(T)                                                             \
  template GradJudge::GradJudge(const FusedSwiGLUGradProblem<T>&, cudaStream_t);          \
  template GradVerdict GradJudge::judge(const FusedSwiGLUGradProblem<T>&, int, Products, cudaStream_t) const;
SWIGLU_INSTANTIATE(float)
SWIGLU_INSTANTIATE(float16)
SWIGLU_INSTANTIATE(bfloat16)
#undef SWIGLU_INSTANTIATE

}  // namespace test
