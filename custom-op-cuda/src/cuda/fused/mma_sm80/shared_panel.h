// A tile of a row-major matrix in shared memory: kRows rows of kBytes, in pieces of 16 bytes that change places within their row such
// that no access below meets a bank twice: eight rows at one piece (ldmatrix) of narrow rows, four rows at 32 adjacent bytes (TF32
// weights, column by column) of the widest.
#pragma once

#include "cuda/pack.h"
#include "cuda/ptx/cp_async.h"
#include "cuda/ptx/shared.h"

namespace swiglu::cuda {

template <class T, int kRows, int kBytes> struct SharedPanel {
  static constexpr int kSize = kRows * kBytes, kPieces = kBytes / 16, kWidth = kPackWidth<T>;
  static_assert(kPieces % 4 == 0, "the order changes places among 4 or 8 pieces");

  // In bytes, from the beginning of the panel.
  static constexpr __host__ __device__ int place(int row, int piece) {
    const int order = kPieces == 4 ? row / 2 % 4 : kPieces > 8 && sizeof(T) == 4 ? row % 4 * 2 : row % 8;
    return row * kBytes + (piece ^ order) * 16;
  }

  // What one of kThreads threads copies from a matrix, step by step of `advance` elements: one piece of every kRowsAtOnce-th row. The
  // place in the matrix moves by additions only, and takes no instructions worth counting from the products that it hides among.
  template <int kThreads> class Copier {
   public:
    static constexpr int kRowsAtOnce = kThreads / kPieces, kCopies = kRows / kRowsAtOnce;
    static_assert(kRows % kRowsAtOnce == 0, "all threads make as many copies");
    static_assert(place(kRowsAtOnce, 0) == kRowsAtOnce * kBytes, "a thread keeps its place in the order of pieces");

    __device__ Copier(const T* matrix, int64_t stride, int64_t advance)
        : from_(matrix + first_row_ * stride + column_), to_next_row_(kRowsAtOnce * stride), to_next_step_(advance - kRows * stride) {}

    // Starts copy number `copy` to the panel; copies are made in order, and all of a step. Outside the `rows` and `columns` that are
    // left of the matrix there are zeros. `kAligned`: all pieces of the matrix begin at multiples of 16 bytes and none is cut by its end.
    template <bool kAligned> __device__ __forceinline__ void start(int copy, char* panel, int rows, int columns) {
      char* const to = panel + to_ + copy * kRowsAtOnce * kBytes;
      const bool inside = copy * kRowsAtOnce < rows - first_row_ && column_ < columns;
      if constexpr (kAligned) {
        ptx::copy_16_or_zeros(ptx::shared_address(to), from_, inside);
      } else {
        Pack<T, kWidth> pack;
#pragma unroll
        for (int j = 0; j < kWidth; ++j) pack.values[j] = inside && column_ + j < columns ? from_[j] : T{};
        store_pack(reinterpret_cast<T*>(to), pack);
      }
      from_ += to_next_row_;
      if (copy == kCopies - 1) from_ += to_next_step_;
    }

   private:
    const int first_row_ = threadIdx.x / kPieces, column_ = threadIdx.x % kPieces * kWidth;
    const int to_ = place(threadIdx.x / kPieces, threadIdx.x % kPieces);
    const T* from_;
    const int64_t to_next_row_, to_next_step_;
  };
};

}  // namespace swiglu::cuda
