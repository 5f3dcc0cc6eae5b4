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
  static_assert(kPieces == 4 || kPieces == 8 || (kPieces == 16 && sizeof(T) == 4), "each width of row has its own order of pieces");

  // In bytes, from the beginning of the panel.
  static __device__ __forceinline__ int place(int row, int piece) {
    const int order = kPieces == 4 ? row / 2 % 4 : kPieces == 8 ? row % 8 : row % 4 * 2;
    return row * kBytes + (piece ^ order) * 16;
  }

  // Starts to fill the panel from a matrix of which `rows` rows and `columns` columns are left at `from`, the rest with zeros.
  // `aligned` says that all pieces of the matrix begin at multiples of 16 bytes and none is cut by its last column.
  template <int kThreads>
  static __device__ __forceinline__ void load(char* panel, const T* from, int64_t stride, int rows, int columns, bool aligned) {
    constexpr int kRowsAtOnce = kThreads / kPieces;
    static_assert(kRows % kRowsAtOnce == 0 && kRowsAtOnce % 8 == 0, "a thread keeps its place in the order of pieces");
    const int first_row = threadIdx.x / kPieces, piece = threadIdx.x % kPieces, column = piece * kWidth;
    const T* source = from + first_row * stride + column;
    char* to = panel + place(first_row, piece);
    if (aligned) {
#pragma unroll
      for (int row = 0; row < kRows; row += kRowsAtOnce) {
        const bool inside = first_row + row < rows && column < columns;
        ptx::copy_16_or_zeros(ptx::shared_address(to + row * kBytes), inside ? source + row * stride : from, inside);
      }
    } else {
#pragma unroll 1
      for (int row = 0; row < kRows; row += kRowsAtOnce) {
        Pack<T, kWidth> pack;
#pragma unroll
        for (int j = 0; j < kWidth; ++j) {
          const bool inside = first_row + row < rows && column + j < columns;
          pack.values[j] = inside ? source[row * stride + j] : T{};
        }
        store_pack(reinterpret_cast<T*>(to + row * kBytes), pack);
      }
    }
  }
};

}  // namespace swiglu::cuda
