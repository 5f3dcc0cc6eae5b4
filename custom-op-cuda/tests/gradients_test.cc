// Gradients: float64 kernels against central differences of the float64 formula, for every activation, layout of the weights and
// optional tensor; the 16- and 32-bit kernels against the float64 ones on the same numbers.
#include "check.h"
#include "reference.h"

using namespace test;

static const TwoThreads workers;

template <class T> struct Tensors {
  std::vector<T> dy, x, w_gate, w_up, b_gate, b_up;
};

template <class T> struct Gradients {
  std::vector<T> dx, dw_gate, dw_up, db_gate, db_up, y;
};

template <class To, class From> static Tensors<To> convert(const Tensors<From>& t) {
  const auto as = [](const std::vector<From>& v) { return stored<To>(values_of(v)); };
  return {as(t.dy), as(t.x), as(t.w_gate), as(t.w_up), as(t.b_gate), as(t.b_up)};
}

template <class T>
static std::vector<T> forward(const Gate& gate, const GemmSizes& s, const Tensors<T>& t, std::vector<T>* g, std::vector<T>* u) {
  std::vector<T> y = poisoned<T>(s.m * s.n);
  cpu::kernels().of<T>().fused_swiglu({gate, s, t.x.data(), t.w_gate.data(), t.w_up.data(), t.b_gate.data(), t.b_up.data(),
                                       y.data(), g ? g->data() : nullptr, u ? u->data() : nullptr}, workers);
  return y;
}

template <class T> static Gradients<T> backward(const Gate& gate, const GemmSizes& s, const Tensors<T>& t, bool given) {
  Gradients<T> d = {poisoned<T>(s.m * s.k), poisoned<T>(s.k * s.n), poisoned<T>(s.k * s.n), poisoned<T>(s.n),
                    poisoned<T>(s.n), poisoned<T>(s.m * s.n)};
  std::vector<T> g = poisoned<T>(s.m * s.n), u = poisoned<T>(s.m * s.n);
  if (given) forward(gate, s, t, &g, &u);
  cpu::kernels().of<T>().fused_swiglu_grad(
      {gate, s, t.dy.data(), t.x.data(), t.w_gate.data(), t.w_up.data(), t.b_gate.data(), t.b_up.data(),
       given ? g.data() : nullptr, given ? u.data() : nullptr, d.dx.data(), d.dw_gate.data(), d.dw_up.data(), d.db_gate.data(),
       d.db_up.data(), d.y.data()}, workers);
  return d;
}

// L = Σ dY ⊙ Y in plain loops.
static double loss(const Gate& gate, const GemmSizes& s, const Tensors<double>& t) {
  double sum = 0;
  for (int64_t i = 0; i < s.m; ++i) {
    for (int64_t j = 0; j < s.n; ++j) {
      double g = t.b_gate[j], u = t.b_up[j];
      for (int64_t k = 0; k < s.k; ++k) {
        const int64_t at = s.trans_b ? j * s.k + k : k * s.n + j;
        g += t.x[i * s.k + k] * t.w_gate[at];
        u += t.x[i * s.k + k] * t.w_up[at];
      }
      sum += t.dy[i * s.n + j] * gated64(gate, g, u);
    }
  }
  return sum;
}

static Tensors<double> random_tensors(Random& random, const GemmSizes& s) {
  return {random.normal<double>(s.m * s.n), random.normal<double>(s.m * s.k), random.normal<double>(s.k * s.n),
          random.normal<double>(s.k * s.n), random.normal<double>(s.n),       random.normal<double>(s.n)};
}

// Central differences mean nothing across a kink: at 0 for the rectifiers, at the limit where there is one.
static bool near_kink(const Gate& gate, const GemmSizes& s, const Tensors<double>& t) {
  std::vector<double> g(s.m * s.n), u(s.m * s.n);
  forward(gate, s, t, &g, &u);
  for (size_t i = 0; i < g.size(); ++i) {
    const bool at_limit = gate.limited && (std::fabs(g[i] - gate.limit) < 1e-3 || std::fabs(std::fabs(u[i]) - gate.limit) < 1e-3);
    if (at_limit || std::fabs(g[i]) < 1e-3) return true;
  }
  return false;
}

static void check_central_differences(const Gate& gate, const GemmSizes& s, bool given, Random& random) {
  Tensors<double> t = random_tensors(random, s);
  while (near_kink(gate, s, t)) t = random_tensors(random, s);
  const Gradients<double> d = backward(gate, s, t, given);
  const std::pair<std::vector<double>*, const std::vector<double>*> pairs[] = {
      {&t.x, &d.dx}, {&t.w_gate, &d.dw_gate}, {&t.w_up, &d.dw_up}, {&t.b_gate, &d.db_gate}, {&t.b_up, &d.db_up}};
  constexpr double kStep = 1e-6;
  for (int which = 0; which < 5; ++which) {
    auto& [input, gradient] = pairs[which];
    std::vector<double> numeric;
    for (double& v : *input) {
      const double kept = v;
      v = kept + kStep;
      const double above = loss(gate, s, t);
      v = kept - kStep;
      const double below = loss(gate, s, t);
      v = kept;
      numeric.push_back((above - below) / (2 * kStep));
    }
    const double error = distance(*gradient, numeric) / std::max(norm(numeric), 0.01);
    expect(error <= 1e-7, "central differences, activation ", int(gate.activation), " input ", which, " transB ", s.trans_b,
           " given ", given, ": ", error);
  }
}

// Relative to the float64 gradient of the same stored numbers: a few roundings of the type, whatever the size of the sums.
template <class T> static void check_type(const char* type, const Gate& gate, const GemmSizes& s, Random& random) {
  const Tensors<T> t = convert<T>(random_tensors(random, s));
  const Gradients<T> d = backward(gate, s, t, false);
  const Gradients<double> exact = backward(gate, s, convert<double>(t), false);
  const auto near = [&](const std::vector<T>& a, const std::vector<double>& b, const char* what) {
    const double error = distance(values_of(a), b) / norm(b), allowed = unit_roundoff<T>() + 40 * 0x1p-24;
    expect(error <= allowed, type, " ", what, " activation ", int(gate.activation), ": ", error, " > ", allowed);
  };
  near(d.dx, exact.dx, "dX");
  near(d.dw_gate, exact.dw_gate, "dW_gate");
  near(d.dw_up, exact.dw_up, "dW_up");
  near(d.db_gate, exact.db_gate, "db_gate");
  near(d.db_up, exact.db_up, "db_up");
  near(d.y, exact.y, "Y");
}

// SwiGLUGrad is the middle of FusedSwiGLUGrad: with X the identity matrix and no bias, dW is the elementwise gradient.
static void check_elementwise(const Gate& gate, Random& random) {
  const int64_t n = 37;
  const std::vector<double> dy = random.normal<double>(n * n), g = random.normal<double>(n * n), u = random.normal<double>(n * n);
  std::vector<double> x(n * n, 0), zero(n, 0), dg = poisoned<double>(n * n), du = dg, y = dg;
  for (int64_t i = 0; i < n; ++i) x[i * n + i] = 1;
  const Gradients<double> fused = backward<double>(gate, {n, n, n, false}, {dy, x, g, u, zero, zero}, false);
  cpu::kernels().float64.swiglu_grad({gate, {1, n * n, n * n, 1}, dy.data(), g.data(), u.data(), dg.data(), du.data(), y.data()},
                                     workers);
  expect(distance(dg, fused.dw_gate) <= 1e-12, "dA, activation ", int(gate.activation));
  expect(distance(du, fused.dw_up) <= 1e-12, "dB, activation ", int(gate.activation));
  expect(distance(y, fused.y) <= 1e-12, "Y, activation ", int(gate.activation));
}

int main() {
  if (test::lacks_forced_instruction_set()) return test::kSkipped;
  Random random(7);
  for (const Activation activation : kActivations) {
    for (const bool limited : {false, true}) {
      Gate gate = random.gate(activation);
      gate.limited = limited;
      gate.limit = 1.5f;
      gate.up_offset = limited ? 1.0f : 0.0f;
      for (const bool trans_b : {false, true}) {
        for (const bool given : {false, true}) check_central_differences(gate, {3, 5, 4, trans_b}, given, random);
        check_type<float>("float32", gate, {150, 33, 65, trans_b}, random);
        check_type<float16>("float16", gate, {19, 33, 65, trans_b}, random);
        check_type<bfloat16>("bfloat16", gate, {1, 70, 140, trans_b}, random);
      }
      check_elementwise(gate, random);
    }
  }
  return finish("gradients");
}
