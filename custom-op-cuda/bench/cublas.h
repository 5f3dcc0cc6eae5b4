// cuBLAS and cuBLASLt, loaded at run time: the machine that builds the benchmark need not have them, and the one that runs it has
// them among Python's packages (tools/gpu-check sets LD_LIBRARY_PATH).
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace bench {

enum class Type { float16, bfloat16, float32 };

inline const char* name(Type type) { return type == Type::float16 ? "float16" : type == Type::bfloat16 ? "bfloat16" : "float32"; }
inline int64_t size_of(Type type) { return type == Type::float32 ? 4 : 2; }

// out [m, n] = x [m, k] · w [k, n] (+ out), all row-major, accumulated in float32; float32 operands as TF32.
struct Form {
  bool transposed_x = false, transposed_w = false;  // x lies as [k, m], w as [n, k]
  bool adds = false;
};
using Product = std::function<void(const void* x, const void* w, void* out, cudaStream_t stream)>;

class Cublas {
 public:
  // Ends the program, with a sentence, where the libraries are not found.
  Cublas();

  // Every way that is worth a try: cublasGemmEx's default, then what cublasLt's heuristic proposes, best first.
  std::vector<Product> products(Type type, int64_t m, int64_t k, int64_t n, const Form& form = {}) const;

  std::string version() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace bench
