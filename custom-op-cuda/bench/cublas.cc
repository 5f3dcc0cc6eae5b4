#include "cublas.h"

#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>

#include "cuda/device_memory.h"

namespace bench {

// The few declarations of cublas_api.h and cublasLt.h that are needed; they are the same in CUDA 12 and 13.
using Handle = void*;
constexpr int kNoTranspose = 0, kTranspose = 1, kDefaultAlgorithm = -1, kFloat32 = 0, kFloat16 = 2, kBfloat16 = 14;
constexpr int kComputeFloat32 = 68, kComputeTf32 = 77;
constexpr int kPreferenceWorkspaceBytes = 1, kDescriptionTransposeA = 3, kDescriptionTransposeB = 4;

struct LtAlgorithm {
  uint64_t data[8];
};
struct LtHeuristic {
  LtAlgorithm algorithm;
  size_t workspace;
  int status;
  float waves;
  int reserved[4];
};

constexpr size_t kWorkspace = 64 << 20;
constexpr int kProposals = 8;

static void check(int status, const char* what) {
  if (status == 0) return;
  std::fprintf(stderr, "cuBLAS: %s failed with status %d\n", what, status);
  std::exit(1);
}

static void* open_library(const char* stem) {
  for (const char* version : {"13", "12"}) {
    const std::string file = std::string(stem) + ".so." + version;
    if (void* library = dlopen(file.c_str(), RTLD_NOW | RTLD_GLOBAL)) return library;
  }
  std::fprintf(stderr, "%s.so.13 or .12 was not found: set LD_LIBRARY_PATH to its folder (%s)\n", stem, dlerror());
  std::exit(1);
}

template <class Function> static void find(void* library, const char* symbol, Function** function) {
  *function = reinterpret_cast<Function*>(dlsym(library, symbol));
  if (*function != nullptr) return;
  std::fprintf(stderr, "cuBLAS has no %s\n", symbol);
  std::exit(1);
}

struct Cublas::State {
  int (*create)(Handle*);
  int (*get_version)(Handle, int*);
  int (*set_stream)(Handle, cudaStream_t);
  int (*set_workspace)(Handle, void*, size_t);
  int (*gemm_ex)(Handle, int, int, int, int, int, const void*, const void*, int, int, const void*, int, int, const void*, void*, int,
                 int, int, int);
  int (*lt_create)(Handle*);
  int (*lt_describe)(Handle*, int, int);
  int (*lt_describe_more)(Handle, int, const void*, size_t);
  int (*lt_layout)(Handle*, int, uint64_t, uint64_t, int64_t);
  int (*lt_preference)(Handle*);
  int (*lt_prefer)(Handle, int, const void*, size_t);
  int (*lt_propose)(Handle, Handle, Handle, Handle, Handle, Handle, Handle, int, LtHeuristic*, int*);
  int (*lt_matmul)(Handle, Handle, const void*, const void*, Handle, const void*, Handle, const void*, const void*, Handle, void*,
                   Handle, const LtAlgorithm*, void*, size_t, cudaStream_t);
  Handle handle = nullptr, lt = nullptr;
  test::Tensor<char> workspace{kWorkspace};
};

Cublas::Cublas() : state_(std::make_shared<State>()) {
  State& s = *state_;
  void* lt = open_library("libcublasLt");
  void* cublas = open_library("libcublas");
  find(cublas, "cublasCreate_v2", &s.create);
  find(cublas, "cublasGetVersion_v2", &s.get_version);
  find(cublas, "cublasSetStream_v2", &s.set_stream);
  find(cublas, "cublasSetWorkspace_v2", &s.set_workspace);
  find(cublas, "cublasGemmEx", &s.gemm_ex);
  find(lt, "cublasLtCreate", &s.lt_create);
  find(lt, "cublasLtMatmulDescCreate", &s.lt_describe);
  find(lt, "cublasLtMatmulDescSetAttribute", &s.lt_describe_more);
  find(lt, "cublasLtMatrixLayoutCreate", &s.lt_layout);
  find(lt, "cublasLtMatmulPreferenceCreate", &s.lt_preference);
  find(lt, "cublasLtMatmulPreferenceSetAttribute", &s.lt_prefer);
  find(lt, "cublasLtMatmulAlgoGetHeuristic", &s.lt_propose);
  find(lt, "cublasLtMatmul", &s.lt_matmul);
  check(s.create(&s.handle), "cublasCreate");
  check(s.lt_create(&s.lt), "cublasLtCreate");
}

std::string Cublas::version() const {
  int version = 0;
  check(state_->get_version(state_->handle, &version), "cublasGetVersion");
  return std::to_string(version);
}

static int cuda_type(Type type) { return type == Type::float16 ? kFloat16 : type == Type::bfloat16 ? kBfloat16 : kFloat32; }

static const float kOne = 1, kZero = 0;

// To cuBLAS, whose matrices are column-major, ours are transposed: outᵀ [n, m] = wᵀ [n, k] · xᵀ [k, m].
std::vector<Product> Cublas::products(Type type, int64_t m, int64_t k, int64_t n, const Form& form) const {
  const std::shared_ptr<State> s = state_;
  const int data = cuda_type(type), compute = type == Type::float32 ? kComputeTf32 : kComputeFloat32;
  const int w_form = form.transposed_w ? kTranspose : kNoTranspose, x_form = form.transposed_x ? kTranspose : kNoTranspose;
  const int w_pitch = int(form.transposed_w ? k : n), x_pitch = int(form.transposed_x ? m : k);
  const float* const beta = form.adds ? &kOne : &kZero;
  std::vector<Product> result;
  result.push_back([=](const void* x, const void* w, void* out, cudaStream_t stream) {
    check(s->set_stream(s->handle, stream), "cublasSetStream");
    check(s->set_workspace(s->handle, s->workspace.data(), kWorkspace), "cublasSetWorkspace");
    check(s->gemm_ex(s->handle, w_form, x_form, int(n), int(m), int(k), &kOne, w, data, w_pitch, x, data, x_pitch, beta,
                     out, data, int(n), compute, kDefaultAlgorithm), "cublasGemmEx");
  });

  // The descriptions of a few hundred products are small; they stay.
  Handle description, w_layout, x_layout, out_layout, preference;
  check(s->lt_describe(&description, compute, kFloat32), "cublasLtMatmulDescCreate");
  check(s->lt_describe_more(description, kDescriptionTransposeA, &w_form, sizeof(w_form)), "cublasLtMatmulDescSetAttribute");
  check(s->lt_describe_more(description, kDescriptionTransposeB, &x_form, sizeof(x_form)), "cublasLtMatmulDescSetAttribute");
  check(s->lt_layout(&w_layout, data, w_pitch, form.transposed_w ? n : k, w_pitch), "cublasLtMatrixLayoutCreate");
  check(s->lt_layout(&x_layout, data, x_pitch, form.transposed_x ? k : m, x_pitch), "cublasLtMatrixLayoutCreate");
  check(s->lt_layout(&out_layout, data, n, m, n), "cublasLtMatrixLayoutCreate");
  check(s->lt_preference(&preference), "cublasLtMatmulPreferenceCreate");
  check(s->lt_prefer(preference, kPreferenceWorkspaceBytes, &kWorkspace, sizeof(kWorkspace)), "cublasLtMatmulPreferenceSetAttribute");
  LtHeuristic proposals[kProposals];
  int found = 0;
  s->lt_propose(s->lt, description, w_layout, x_layout, out_layout, out_layout, preference, kProposals, proposals, &found);
  for (int i = 0; i < found; ++i) {
    if (proposals[i].status != 0) continue;
    result.push_back([=, algorithm = proposals[i].algorithm](const void* x, const void* w, void* out, cudaStream_t stream) {
      check(s->lt_matmul(s->lt, description, &kOne, w, w_layout, x, x_layout, beta, out, out_layout, out, out_layout, &algorithm,
                         s->workspace.data(), kWorkspace, stream), "cublasLtMatmul");
    });
  }
  return result;
}

}  // namespace bench
