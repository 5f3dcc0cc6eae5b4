// FusedSwiGLU on 1,000 random shapes, 0 and 1 among them, every type, activation and optional tensor, judged against float64:
//   error ≤ 2 · error of the unfused graph + floor,
// where the unfused graph rounds to the tensor's type after every operator, and the floor is what one rounding of the result
// and the products' own conditioning allow: a sum that cancels is as uncertain in any order.
#include "check.h"
#include "reference.h"

using namespace test;

static const TwoThreads workers;

struct Sums {
  double value, magnitude;  // Σ x·w + b and Σ |x·w| + |b|
};

template <class T> struct Case {
  GemmSizes sizes;
  Gate gate;
  std::vector<T> x, w_gate, w_up, b_gate, b_up;

  double weight(const std::vector<T>& w, int64_t k, int64_t j) const {
    return value(sizes.trans_b ? w[j * sizes.k + k] : w[k * sizes.n + j]);
  }

  Sums exact(const std::vector<T>& w, const std::vector<T>& b, int64_t i, int64_t j) const {
    Sums sums = {b.empty() ? 0 : value(b[j]), b.empty() ? 0 : std::fabs(value(b[j]))};
    for (int64_t k = 0; k < sizes.k; ++k) {
      const double term = value(x[i * sizes.k + k]) * weight(w, k, j);
      sums.value += term;
      sums.magnitude += std::fabs(term);
    }
    return sums;
  }

  // As a graph of MatMul, Add, activation and Mul computes it: eight partial sums as a vector product has, each operator rounded.
  double unfused_projection(const std::vector<T>& w, const std::vector<T>& b, int64_t i, int64_t j) const {
    using F = Accumulator<T>;
    F partial[8] = {};
    for (int64_t k = 0; k < sizes.k; ++k) partial[k % 8] += F(value(x[i * sizes.k + k])) * F(weight(w, k, j));
    F sum = 0;
    for (const F p : partial) sum += p;
    const double product = value(narrow<T>(sum));
    return b.empty() ? product : value(narrow<T>(F(product + value(b[j]))));
  }
};

template <class T> static Case<T> random_case(Random& random, int index) {
  const int64_t edge[] = {0, 1, 2, 3, 7, 16, 17, 31, 64, 100, 129, 255};
  const auto size = [&](int64_t most) { return random.integer(0, 2) == 0 ? edge[random.integer(0, 11)] : random.integer(1, most); };
  Case<T> c;
  c.sizes = {size(40), size(300), size(80), random.integer(0, 1) == 1};
  if (index % 50 == 0) c.sizes.m = 130 + random.integer(0, 40);
  if (index % 70 == 0) c.sizes.n = 1030 + random.integer(0, 40);
  const auto [m, k, n, trans_b] = c.sizes;
  c.gate = random.gate(kActivations[index % std::size(kActivations)]);
  const double gate_scale = index % 10 == 9 ? 30 : 1;  // gates from about -100 to 100
  c.x = random.normal<T>(m * k);
  c.w_gate = random.normal<T>(k * n, gate_scale / std::sqrt(std::max<double>(k, 1)));
  c.w_up = random.normal<T>(k * n, 1 / std::sqrt(std::max<double>(k, 1)));
  if (random.integer(0, 1) == 1) c.b_gate = random.normal<T>(n);
  if (random.integer(0, 1) == 1) c.b_up = random.normal<T>(n);
  return c;
}

template <class T> static void check_case(const char* type, int index, Random& random) {
  const Case<T> c = random_case<T>(random, index);
  const auto [m, k, n, trans_b] = c.sizes;
  const bool with_gate = random.integer(0, 1) == 1, with_up = random.integer(0, 1) == 1;
  std::vector<T> y = poisoned<T>(m * n), gate = poisoned<T>(m * n), up = poisoned<T>(m * n), again = poisoned<T>(m * n);
  const auto optional = [](const std::vector<T>& v) { return v.empty() ? nullptr : v.data(); };
  FusedSwiGLUProblem<T> problem = {c.gate, c.sizes, c.x.data(), c.w_gate.data(), c.w_up.data(), optional(c.b_gate),
                                   optional(c.b_up), y.data(), with_gate ? gate.data() : nullptr, with_up ? up.data() : nullptr};
  cpu::kernels().of<T>().fused_swiglu(problem, workers);
  problem.y = again.data();
  cpu::kernels().of<T>().fused_swiglu(problem, workers);

  const double step = std::is_same_v<T, double> ? 0x1p-53 : 0x1p-24;  // of the accumulator
  std::vector<double> exact, unfused, uncertainty;
  for (int64_t i = 0; i < m; ++i) {
    for (int64_t j = 0; j < n; ++j) {
      const Sums g = c.exact(c.w_gate, c.b_gate, i, j), u = c.exact(c.w_up, c.b_up, i, j);
      const double dg = 4 * step * g.magnitude, du = 4 * step * u.magnitude;
      exact.push_back(gated64(c.gate, g.value, u.value));
      uncertainty.push_back(std::fabs(gated64(c.gate, g.value + dg, u.value) - exact.back()) +
                            std::fabs(gated64(c.gate, g.value, u.value + du) - exact.back()));
      const double unfused_gate = c.unfused_projection(c.w_gate, c.b_gate, i, j);
      const double unfused_up = c.unfused_projection(c.w_up, c.b_up, i, j);
      Gate activation_only = c.gate;
      activation_only.up_offset = 0;
      const double activated = value(narrow<T>(Accumulator<T>(gated64(activation_only, unfused_gate, 1))));
      Gate identity = c.gate;
      identity.activation = Activation::identity;
      const double offset_up = value(narrow<T>(Accumulator<T>(gated64(identity, 1, unfused_up))));
      unfused.push_back(value(narrow<T>(Accumulator<T>(activated * offset_up))));
      const double gate_allowed = unit_roundoff<T>() * std::fabs(g.value) * 1.01 + 4 * dg + 0x1p-25;
      const double up_allowed = unit_roundoff<T>() * std::fabs(u.value) * 1.01 + 4 * du + 0x1p-25;
      const size_t at = i * n + j;
      if (with_gate) expect(std::fabs(value(gate[at]) - g.value) <= gate_allowed, type, " gate output, case ", index);
      if (with_up) expect(std::fabs(value(up[at]) - u.value) <= up_allowed, type, " up output, case ", index);
    }
  }
  const double scale = std::max(norm(exact), 1e-30);
  const double error = distance(values_of(y), exact) / scale, error_unfused = distance(unfused, exact) / scale;
  const double floor = 2 * unit_roundoff<T>() + norm(uncertainty) / scale + 4 * step + 1e-7 * std::sqrt(double(m * n)) / scale * step;
  expect(error <= 2 * error_unfused + floor, type, " case ", index, " m ", m, " k ", k, " n ", n, " transB ", trans_b,
         " activation ", int(c.gate.activation), ": error ", error, ", unfused ", error_unfused);
  expect(std::equal(y.begin(), y.end(), again.begin(), [](T a, T b) { return value(a) == value(b); }), type, " case ", index,
         " differs between runs");
}

// The order of summation must not depend on how many rows are computed together with a row that is packed.
static void check_small_integers_are_exact() {
  for (const int64_t m : {1, 2, 5, 23, 121}) {
    const int64_t k = 301, n = 67;
    std::vector<float> x(m * k), w_gate(k * n), w_up(k * n), y = poisoned<float>(m * n);
    for (size_t i = 0; i < x.size(); ++i) x[i] = float(int(i * 7 % 5) - 2);
    for (size_t i = 0; i < w_gate.size(); ++i) w_gate[i] = float(int(i * 3 % 7) - 3), w_up[i] = float(int(i * 5 % 3) - 1);
    Gate gate;
    gate.activation = Activation::identity;
    cpu::kernels().float32.fused_swiglu({gate, {m, k, n, false}, x.data(), w_gate.data(), w_up.data(), nullptr, nullptr,
                                         y.data(), nullptr, nullptr}, workers);
    for (int64_t i = 0; i < m; ++i) {
      for (int64_t j = 0; j < n; ++j) {
        int64_t g = 0, u = 0;
        for (int64_t p = 0; p < k; ++p) g += x[i * k + p] * w_gate[p * n + j], u += x[i * k + p] * w_up[p * n + j];
        expect(y[i * n + j] == float(g * u), "integers, m ", m, " at ", i, ",", j);
      }
    }
  }
}

int main() {
  if (test::lacks_forced_instruction_set()) return test::kSkipped;
  Random random(20261121);
  for (int i = 0; i < 1000; ++i) {
    check_case<float>("float32", i, random);
    check_case<float16>("float16", i, random);
    check_case<bfloat16>("bfloat16", i, random);
    if (i % 4 == 0) check_case<double>("float64", i, random);
  }
  check_small_integers_are_exact();
  return finish("fused_swiglu");
}
