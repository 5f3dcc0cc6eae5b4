// FusedSwiGLUGrad on the GPU, every path that takes a problem: random shapes, activations, types, optional inputs and addresses, every
// subset of the outputs, against the float64 judge (grad_judge.h has the rule); edges; twenty runs; capture into a CUDA graph, two
// threads with a stream each, launches that share a scratch; and Hopper's one launch for everything against two.
//   --path NAME   only that path     --quick   few small cases, for compute-sanitizer     --large   more than 2³¹ elements (100 GB)
#include <thread>

#include "cuda/elementwise_smxx.h"
#include "cuda/fused_grad/gemm_sm90/grad_products_sm90_16bit.h"
#include "cuda/grad_case.h"
#include "cuda/path_tests.h"

using namespace test;
using cuda::Path;

template <class T> static void run(const GradTensors<T>& tensors, Path path, const Stream& stream) {
  const cudaError_t error =
      cuda::fused_swiglu_grad(tensors.problem(), tensors.scratch(), {cuda::current_device(), stream}, path);
  expect(error == cudaSuccess, cuda::name(path), " ", type_name<T>(), ": ", cudaGetErrorString(error));
}

// A path forced on Y alone is one of the forward kernels, or what they choose; float32 may be TF32 unless that is forbidden.
template <class T> static Products products_of(const GradCase& c) {
  return std::is_same_v<T, float> && !c.exact_float32 ? Products::tf32 : Products::float32;
}

template <class T> static void check_case(GradCase c, int runs, const Stream& stream) {
  if (c.kinks()) c.exact_float32 = true;
  GradTensors<T> tensors(c, stream);
  const FusedSwiGLUGradProblem<T> problem = tensors.problem();
  const GradJudge judge(problem, stream);
  for (const Path path : paths_for(problem)) {
    uint64_t first = 0;
    for (int i = 0; i < runs; ++i) {
      tensors.poison_outputs();
      run(tensors, path, stream);
      const uint64_t now = runs > 1 ? tensors.outputs_fingerprint(stream) : 0;
      if (i == 0) first = now;
      expect(now == first, cuda::name(path), " ", type_name<T>(), " ", c, ": run ", i, " differs");
    }
    Tally& tally = tallies[std::string(cuda::name(path)) + " " + type_name<T>() + (products_of<T>(c) == Products::tf32 ? " tf32" : "")];
    for (int which = 0; which < int(kGradOutputs.size()); ++which) {
      if (!c.wants(which)) continue;
      const GradVerdict verdict = judge.judge(problem, which, products_of<T>(c), stream);
      expect(verdict.passes(c.kinks()), cuda::name(path), " ", type_name<T>(), " ", c, ": ", kGradOutputs[which], " has error ",
             verdict.error, ", unfused ", verdict.error_unfused, ", allowed ", verdict.allowed, "; the worst element is at ",
             verdict.worst, " times what is allowed");
      tally.add(verdict.passes(c.kinks()), verdict.error, verdict.allowed);
      if (!c.kinks()) tally.worst = std::max(tally.worst, verdict.worst);
    }
    expect(tensors.guards_intact(), cuda::name(path), " ", type_name<T>(), " ", c, " wrote outside of its outputs");
  }
}

static GradCase plain_case(const GemmSizes& sizes, bool given = true, unsigned wanted = 63) {
  GradCase c;
  c.sizes = sizes;
  c.given = given;
  c.wanted = wanted;
  return c;
}

static GradCase random_case(Random& random, int index) {
  const std::vector<int64_t> even = {8, 64, 72, 128, 200, 256, 320, 1000, 1408, 2048}, odd = {1, 7, 17, 33, 65, 100, 127, 129, 999};
  const auto any = [&](const std::vector<int64_t>& values, int64_t most) { return values[random.integer(0, most)]; };
  const auto size = [&] { return random.integer(0, 3) > 0 ? any(even, quick ? 5 : 9) : any(odd, quick ? 6 : 8); };
  GradCase c;
  c.sizes = {size(), size(), size(), random.integer(0, 2) == 0};
  c.gate = random.gate(kActivations[index % std::size(kActivations)]);
  c.given = random.integer(0, 1) == 0;
  c.with_b_gate = random.integer(0, 2) == 0;
  c.with_b_up = random.integer(0, 2) == 0;
  c.exact_float32 = random.integer(0, 2) == 0;
  c.wanted = random.integer(0, 2) == 0 ? 63 : random.integer(0, 1) == 0 ? 7 : static_cast<unsigned>(random.integer(1, 63));
  c.shift = index % 8 == 7 ? 1 : 0;
  c.seed = 1000 + index;
  return c;
}

template <class T> static void check_random_cases(int count, const Stream& stream) {
  Random random(20261121);
  for (int i = 0; i < count; ++i) check_case<T>(random_case(random, i), !quick && i % 10 == 0 ? 20 : 1, stream);
}

template <class T> static void check_every_subset(const Stream& stream) {
  for (unsigned wanted = 1; wanted < 64; ++wanted) {
    for (const bool given : {true, false}) {
      GradCase c = plain_case({130, 72, 136, wanted % 2 == 0}, given, wanted);
      c.with_b_gate = true;
      check_case<T>(c, 1, stream);
    }
  }
}

template <class T> static void check_edges(const Stream& stream) {
  for (const bool given : {true, false}) {
    for (const GemmSizes sizes : {GemmSizes{0, 64, 72}, {5, 64, 0}, {0, 0, 0}, {1, 0, 64}, {33, 0, 200, true}, {1, 1, 1}, {0, 64, 72, true}}) {
      GradCase c = plain_case(sizes, given);
      c.with_b_up = true;
      check_case<T>(c, 1, stream);
    }
  }
}

// Rows and columns enough for several parts of a strip and every width of it, clusters of one to eight.
template <class T> static void check_sums(const Stream& stream) {
  for (const int64_t n : {8, 64, 1000, 1408, 4096, 11008, 16384, 40008}) {
    check_case<T>(plain_case({n > 20000 ? 300 : 2048, 8, n, false}, n != 1000, 24), 3, stream);
    check_case<T>(plain_case({77, 8, n + 1, false}, true, 63), 1, stream);
  }
}

template <class T> static void check_layer(const Stream& stream) {
  for (const bool trans_b : {false, true}) check_case<T>(plain_case({2048, 4096, 11008, trans_b}, true, 7), 3, stream);
  check_case<T>(plain_case({2048, 1024, 2816, false}, false, 63), 20, stream);
}

// Two threads, each with its own stream and shapes, give what each gives alone.
template <class T> static void check_two_threads() {
  for (const Path path : paths) {
    const auto work = [path](int which, std::vector<uint64_t>* results, int rounds) {
      const Stream stream;
      const GradTensors<T> a(plain_case({130 + 70 * which, 512, 1408, false}, which == 0, 39), stream);
      const GradTensors<T> b(plain_case({64, 256 + 64 * which, 320, which == 1}, true), stream);
      for (int i = 0; i < rounds; ++i) {
        run(a, path, stream);
        run(b, path, stream);
        results->push_back(a.outputs_fingerprint(stream) + 7 * b.outputs_fingerprint(stream));
      }
    };
    std::vector<uint64_t> alone[2], together[2];
    std::thread other(work, 1, &together[1], 20);
    work(0, &together[0], 20);
    other.join();
    for (const int which : {0, 1}) {
      work(which, &alone[which], 1);
      for (const uint64_t result : together[which]) {
        expect(result == alone[which][0], cuda::name(path), " ", type_name<T>(), " differs with another thread at work");
      }
    }
  }
}

// Hopper's one kernel for everything gives the bits of the elementwise derivative followed by the products.
template <class T> static void check_one_kernel(const Stream& stream) {
  const cuda::Launch launch = {cuda::current_device(), stream};
  std::vector<GemmSizes> shapes = {{8, 8, 8}, {300, 72, 520, true}, {600, 72, 520}};
  if (!quick) shapes.insert(shapes.end(), {{300, 520, 1000, true}, {777, 136, 5000}, {2048, 1024, 2816}, {2048, 1024, 2816, true}});
  for (const GemmSizes& sizes : shapes) {
    const GradCase c = plain_case(sizes, true, 39);
    GradTensors<T> one(c, stream), apart(c, stream);
    const FusedSwiGLUGradProblem<T> p = apart.problem();
    if (!cuda::takes(Path::gemm_sm90, p, launch.device)) return;
    const int64_t count = sizes.m * sizes.n;
    T *d_gate = static_cast<T*>(apart.scratch()), *d_up = d_gate + count;
    apart.poison_outputs();
    check(cuda::swiglu_grad<T>({p.gate_function, {1, count, count, 1}, p.dy, p.gate, p.up, d_gate, d_up, p.y}, stream));
    check(cuda::grad_products_sm90_16bit<T>({sizes, d_gate, d_up, p.x, p.w_gate, p.w_up, p.dx, p.dw_gate, p.dw_up}, launch));
    const uint64_t expected = apart.outputs_fingerprint(stream);
    for (int i = 0; i < (quick ? 2 : 20); ++i) {
      one.poison_outputs();
      run(one, Path::gemm_sm90, stream);
      expect(one.outputs_fingerprint(stream) == expected, type_name<T>(), " ", c, ": one kernel differs from two in run ", i);
    }
  }
}

// Launches that follow each other without a pause share a scratch, as ONNX Runtime's arena has them do: none may write to it before the
// one before has read it.
template <class T> static void check_one_scratch(const Stream& stream) {
  GradCase gelu = plain_case({1000, 72, 2048, false}, true, 39);
  gelu.gate.activation = Activation::gelu;
  std::vector<std::unique_ptr<GradTensors<T>>> all;
  for (const GradCase& c : {plain_case({2048, 512, 1408, false}, true, 39), plain_case({300, 200, 1408, false}, false, 39), gelu,
                            plain_case({777, 136, 5000, true}, true, 39)}) {
    all.push_back(std::make_unique<GradTensors<T>>(c, stream));
  }
  size_t bytes = 0;
  std::vector<uint64_t> expected;
  for (const auto& tensors : all) {
    bytes = std::max(bytes, cuda::scratch_bytes(tensors->problem(), cuda::current_device()));
    run(*tensors, Path::automatic, stream);
    expected.push_back(tensors->outputs_fingerprint(stream));
  }
  const Tensor<T> scratch(bytes / sizeof(T));
  for (int batch = 0; batch < 5; ++batch) {
    for (int round = 0; round < 5; ++round) {
      for (const auto& tensors : all) {
        check(cuda::fused_swiglu_grad(tensors->problem(), scratch.data(), {cuda::current_device(), stream}, Path::automatic));
      }
    }
    for (size_t i = 0; i < all.size(); ++i) {
      expect(all[i]->outputs_fingerprint(stream) == expected[i], type_name<T>(), ": problem ", i, " differs where others share its scratch");
    }
  }
}

// What is captured gives the same as what runs at once, even if a kernel is captured before it ever ran.
template <class T> static void check_graph(const Stream& stream) {
  for (const auto& [given, wanted] : {std::pair{true, 39u}, {true, 63u}, {false, 39u}}) {
    GradTensors<T> tensors(plain_case({300, 200, 1408, false}, given, wanted), stream);
    for (const Path path : paths_for(tensors.problem())) {
      const cudaGraphExec_t graph = captured(stream, [&] { run(tensors, path, stream); });
      uint64_t results[3];
      for (uint64_t& result : results) {
        tensors.poison_outputs();
        if (&result == &results[2]) run(tensors, path, stream);
        else check(cudaGraphLaunch(graph, stream), "replay");
        result = tensors.outputs_fingerprint(stream);
      }
      expect(results[0] == results[2] && results[1] == results[2], cuda::name(path), " ", type_name<T>(), ": a replay differs");
      check(cudaGraphExecDestroy(graph));
    }
  }
}

// d_gate, then the weights, of more than 2³¹ elements.
static void check_large(const Stream& stream) {
  for (const unsigned wanted : {63u, 7u}) {
    check_case<bfloat16>(plain_case({(int64_t(1) << 31) / 11008 + 77, 64, 11008, false}, true, wanted), 1, stream);
  }
  check_case<bfloat16>(plain_case({3, 65536, 32840, false}, true, 7), 1, stream);
}

template <class T> static void check_type(const Stream& stream) {
  check_graph<T>(stream);
  check_edges<T>(stream);
  check_random_cases<T>(quick ? 12 : 150, stream);
  if constexpr (!std::is_same_v<T, float>) check_one_kernel<T>(stream);
  if (quick) return;
  check_every_subset<T>(stream);
  check_sums<T>(stream);
  check_one_scratch<T>(stream);
  check_two_threads<T>();
}

int main(int argc, char** argv) {
  if (!read_arguments(argc, argv, {Path::automatic, Path::gemm_sm90, Path::mma_sm80, Path::plain_smxx})) return 2;
  if (lacks_gpu()) return kSkipped;
  const Stream stream;
  if (large) {
    paths.resize(1);
    check_large(stream);
  } else {
    check_type<float16>(stream);
    check_type<float>(stream);
    if (!quick) {
      check_type<bfloat16>(stream);
      check_layer<bfloat16>(stream);
      check_layer<float>(stream);
    }
  }
  return finish_with_table("cuda_fused_swiglu_grad", "outputs");
}
