// How the Hopper kernels cut their work, checked without a GPU: tiles cover every element exactly once whatever the sizes, and the plans
// of the decode kernel stay within what its kernel takes for granted. Of the gradient's products, too, every tile is made once.
#include <algorithm>
#include <vector>

#include "check.h"
#include "cuda/fused/decode_sm90/plan.h"
#include "cuda/fused/gemm_sm90/tile.h"
#include "cuda/fused_grad/gemm_sm90/deal.h"
#include "math/float16.h"

using namespace swiglu;
using namespace swiglu::cuda;
using gemm_sm90::Order;
using gemm_sm90::Place;
using gemm_sm90::Sharing;
using gemm_sm90::Tile;
using test::expect;

constexpr int kUnit = 8;  // columns come in multiples of it

// How often each tile row's each eight columns are computed.
template <class T> std::vector<int> coverage(const Order& order, int m, int n) {
  const int rows = (m + gemm_sm90::kTileRows - 1) / gemm_sm90::kTileRows, units = n / kUnit;
  const int ranks = T::kSharing == Sharing::depth ? 1 : T::kCluster;
  std::vector<int> times(size_t(rows) * units);
  for (int index = 0; index < order.count(); ++index) {
    for (int rank = 0; rank < ranks; ++rank) {
      const Place place = order.place<T>(index, rank);
      const int columns = place.wide ? T::Wide::kColumns : T::Narrow::kColumns;
      expect(place.row >= 0 && place.column >= 0, "tile ", index, " of ", m, " x ", n, " begins outside");
      if (place.row >= m || place.row < 0 || place.column < 0) continue;
      for (int column = place.column; column < std::min(place.column + columns, n); column += kUnit) {
        ++times[size_t(place.row / gemm_sm90::kTileRows) * units + column / kUnit];
      }
    }
  }
  return times;
}

template <class T> void check_tiles(const char* name) {
  for (const int clusters : {14, 30, 33, 66, 132}) {
    for (const int m : {1, 64, 100, 128, 129, 255, 512, 1000, 2048, 2049, 8192}) {
      for (const int n : {8, 64, 200, 1408, 4096, 5632, 11008, 14336, 28672}) {
        const Order order = Order::best<T>(m, n, clusters);
        bool once = true;
        for (const int times : coverage<T>(order, m, n)) once = once && times == 1;
        expect(once, name, ": ", m, " x ", n, " on ", clusters, " clusters is not covered once");
        const double plain = (order.row_tiles * ((n + T::Wide::kColumns * T::kClusterTiles - 1) / (T::Wide::kColumns * T::kClusterTiles)) +
                              clusters - 1) / clusters;
        expect(order.time <= plain, name, ": narrow tiles make ", m, " x ", n, " slower: ", order.time, " instead of ", plain);
      }
    }
  }
}

static void check_decode_plans() {
  for (const int multiprocessors : {20, 78, 114, 132}) {
    for (const int64_t m : {1, 8, 9, 16, 17, 32, 33, 64}) {
      for (const int64_t k : {1, 8, 63, 64, 65, 512, 4096, 65536}) {
        for (const int64_t n : {1, 8, 64, 72, 1408, 4096, 5632, 8448, 11008, 14336, 28672, 262144}) {
          for (const bool trans_b : {false, true}) {
            const int tokens = decode_tokens(m);
            const DecodePlan plan = decode_plan({m, k, n, trans_b}, multiprocessors);
            const DecodeCut cut = decode_cut(tokens, plan.wide, trans_b);
            const auto holds = [&](bool what, const char* sentence) {
              expect(what, sentence, ": ", m, " x ", k, " x ", n, " on ", multiprocessors, trans_b ? " transposed" : "");
            };
            holds(int64_t(plan.tiles) * cut.boxes * kDecodeColumns >= n, "the tiles reach the last column");
            holds(int64_t(plan.row_blocks) * cut.rows >= k, "the row blocks reach the last row");
            holds(plan.parts >= 1 && plan.parts <= plan.row_blocks, "every part of k has a row block");
            holds(plan.parts == 1 || plan.sharing == 1, "a block has one rank for both");
            holds(tokens / plan.sharing >= 8, "each sharer loads whole patterns of the swizzle");
            holds(plan.stages >= 2 && plan.stages <= kDecodeMostStages, "the ring has two stages or more");
            holds(decode_shared_bytes(tokens, cut.boxes, cut.rows, plan.stages) <= kDecodeHalfBytes, "two blocks find room in its ring's memory");
            holds(plan.alone == (plan.trigger == 0), "the next kernel is let in early, unless it would take places that are to stay free");
            holds(!plan.alone || plan.tiles <= multiprocessors, "every block finds a multiprocessor");
          }
        }
      }
    }
  }
}

static bool places_each_once(const grad_sm90::Tiles& tiles) {
  std::vector<int> times(tiles.count());
  for (int index = 0; index < tiles.count(); ++index) {
    const grad_sm90::Tiles::Place place = tiles.place(index);
    if (place.row < 0 || place.row >= tiles.rows || place.column < 0 || place.column >= tiles.columns) return false;
    ++times[place.row * tiles.columns + place.column];
  }
  return std::all_of(times.begin(), times.end(), [](int count) { return count == 1; });
}

// Whether every tile of both kinds is one block's, and no block has more to do than the deal says.
static bool deals_each_once(const grad_sm90::Deal& deal) {
  std::vector<int> dw(deal.dw.count()), dx(deal.dx.count());
  for (int block = 0; block < deal.blocks; ++block) {
    const int turns_dw = deal.turns_dw(block), turns_dx = deal.turns_dx(block);
    if (turns_dw * deal.dw.time() + turns_dx * deal.dx.time() > deal.time + 1e-6) return false;
    for (int turn = 0; turn < turns_dw; ++turn) ++dw.at(deal.tile_dw(block, turn));
    for (int turn = 0; turn < turns_dx; ++turn) ++dx.at(deal.tile_dx(block, turn));
  }
  const auto once = [](int count) { return count == 1; };
  return std::all_of(dw.begin(), dw.end(), once) && std::all_of(dx.begin(), dx.end(), once);
}

static void check_deals() {
  for (const int multiprocessors : {1, 20, 78, 114, 132}) {
    for (const int64_t m : {1, 64, 129, 512, 1000, 2048, 8192}) {
      for (const int64_t k : {8, 64, 784, 4096, 4104}) {
        for (const int64_t n : {8, 200, 1408, 11008, 28672}) {
          for (int wanted = 1; wanted < 6; ++wanted) {
            for (const bool trans_b : {false, true}) {
              const auto deal = grad_sm90::Deal::best({m, k, n, trans_b}, wanted / 2, wanted % 2 == 1, multiprocessors);
              expect(deal.blocks > 0 && deal.blocks <= multiprocessors && deals_each_once(deal) && places_each_once(deal.dw) &&
                         places_each_once(deal.dx),
                     "the gradient's tiles: ", m, " x ", k, " x ", n, " on ", multiprocessors, " wanted ", wanted);
            }
          }
        }
      }
    }
  }
}

int main() {
  check_tiles<Tile<bfloat16, 128, 64, false>>("128 or 64");
  check_tiles<Tile<bfloat16, 128, 96, false>>("128 or 96");
  check_tiles<Tile<bfloat16, 96, 96, false, Sharing::weights, 2>>("96, weights shared");
  check_tiles<Tile<bfloat16, 112, 112, false, Sharing::weights, 2>>("112, weights shared");
  check_tiles<Tile<bfloat16, 128, 128, false, Sharing::x, 4>>("128, x shared");
  check_tiles<Tile<bfloat16, 96, 96, true, Sharing::x, 4>>("96, x shared");
  check_tiles<Tile<bfloat16, 64, 64, false, Sharing::depth>>("64, depth shared");
  check_decode_plans();
  check_deals();
  return test::finish("cuda_plans");
}
