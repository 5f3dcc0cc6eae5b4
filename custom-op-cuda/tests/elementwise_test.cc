// SwiGLU: every activation, layout and type against float64, with gates from -100 to 100; special values; edges.
#include "check.h"
#include "reference.h"

using namespace test;

static const TwoThreads workers;

template <class T>
static std::vector<T> run(const Gate& gate, const GatedLayout& layout, const T* g, const T* u, int64_t count) {
  std::vector<T> y = poisoned<T>(count);
  cpu::kernels().of<T>().swiglu({gate, layout, g, u, y.data()}, workers);
  return y;
}

// Each element rounds once: it may be off by its own rounding, and by what a few roundings inside the gate do to the activation's
// argument (far out in gelu's tail that is much: Φ falls by e^(-x²/2)).
template <class T> static void check_accuracy(const char* type) {
  Random random(1);
  const double inside = std::is_same_v<T, double> ? 0x1p-50 : 0x1p-21;
  const double smallest = std::is_same_v<T, float16> ? 0x1p-25 : std::is_same_v<T, bfloat16> ? 0x1p-133 : 0x1p-142;
  for (const Activation activation : kActivations) {
    const Gate gate = random.gate(activation);
    std::vector<double> sweep;
    for (int i = -2000; i <= 2000; ++i) sweep.push_back(i * 0.05);
    const std::vector<T> g = stored<T>(sweep), u = random.normal<T>(sweep.size());
    const int64_t n = g.size();
    const std::vector<T> y = run<T>(gate, {1, n, n, 1}, g.data(), u.data(), n);
    for (int64_t i = 0; i < n; ++i) {
      const double exact = gated64(gate, value(g[i]), value(u[i]));
      const double nudged = gated64(gate, value(g[i]) * (1 + inside), value(u[i]));
      const double allowed = (unit_roundoff<T>() + inside) * std::fabs(exact) + std::fabs(nudged - exact) + smallest;
      expect(std::fabs(value(y[i]) - exact) <= allowed, type, " activation ", int(activation), " gate ", value(g[i]), ": ",
             value(y[i]), " for ", exact);
    }
  }
}

static void check_layouts() {
  Random random(2);
  for (const int64_t n : {0, 1, 7, 513, 20000}) {
    const int64_t rows = 3;
    const std::vector<float> packed = random.normal<float>(rows * 2 * n);
    const float* p = packed.data();
    const Gate gate;
    const std::vector<float> concat = run<float>(gate, {rows, n, 2 * n, 1}, p, p + n, rows * n);
    const std::vector<float> swapped = run<float>(gate, {rows, n, 2 * n, 1}, p + n, p, rows * n);
    const std::vector<float> interleaved = run<float>(gate, {rows, n, 2 * n, 2}, p, p + 1, rows * n);
    for (int64_t i = 0; i < rows * n; ++i) {
      const float* row = p + i / n * 2 * n;
      const int64_t j = i % n;
      const auto near = [&](float y, float g, float u) { return std::fabs(y - gated64(gate, g, u)) <= 1e-6; };
      expect(near(concat[i], row[j], row[n + j]), "concat ", i);
      expect(near(swapped[i], row[n + j], row[j]), "concat_swapped ", i);
      expect(near(interleaved[i], row[2 * j], row[2 * j + 1]), "interleaved ", i);
    }
  }
}

static void check_special_values() {
  for (const Activation activation : kActivations) {
    Gate gate;
    gate.activation = activation;
    const float nan = NAN, inf = INFINITY;
    const float g[] = {nan, 1, nan, inf, 1, 0}, u[] = {1, nan, nan, 1, inf, inf};
    const std::vector<float> y = run<float>(gate, {1, 6, 6, 1}, g, u, 6);
    for (int i = 0; i < 3; ++i) expect(std::isnan(y[i]), "NaN must come out, activation ", int(activation), " case ", i);
    expect(activation == Activation::sigmoid ? y[3] == 1 : y[3] == inf, "act(inf)·1, activation ", int(activation), ": ", y[3]);
    expect(y[4] == inf, "act(1)·inf, activation ", int(activation), ": ", y[4]);
    expect(activation == Activation::sigmoid ? y[5] == inf : std::isnan(y[5]), "act(0)·inf, activation ", int(activation));
  }
}

// silu keeps its digits far out on the negative side, where 1 - 1/(1+eˣ) has lost them all.
static void check_negative_tail() {
  for (const float x : {-10.0f, -15.0f, -20.0f, -50.0f, -80.0f}) {
    const float one = 1;
    const double exact = gated64({}, x, 1), y = run<float>({}, {1, 1, 1, 1}, &x, &one, 1)[0];
    expect(std::fabs(y - exact) <= 1e-6 * std::fabs(exact), "silu(", x, ") = ", y, " for ", exact);
  }
}

int main() {
  if (test::lacks_forced_instruction_set()) return test::kSkipped;
  check_accuracy<float>("float32");
  check_accuracy<float16>("float16");
  check_accuracy<bfloat16>("bfloat16");
  check_accuracy<double>("float64");
  check_layouts();
  check_special_values();
  check_negative_tail();
  return finish("elementwise");
}
