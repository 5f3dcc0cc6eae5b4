// The bulk tensor copy engine (sm_90): boxes of a tensor map between global and shared memory. Reads outside the tensor give
// zeros, writes outside it are dropped.
#pragma once

#include <cuda.h>

#include "cuda/ptx/mbarrier.h"

namespace swiglu::cuda::ptx {

__device__ __forceinline__ void prefetch_tensor_map(const CUtensorMap* map) {
  asm volatile("prefetch.tensormap [%0];" ::"l"(map) : "memory");
}

// How long a line should stay in the L2 cache; createpolicy's encodings for the whole of an access.
constexpr uint64_t kEvictFirst = 0x12F0000000000000, kEvictNormal = 0x1000000000000000;

// Box at (inner, outer) of a 2D map into this block's shared memory; its bytes count on `barrier`.
__device__ __forceinline__ void tma_load(const CUtensorMap* map, void* to, int32_t inner, int32_t outer, Barrier* barrier,
                                         uint64_t cache = kEvictNormal) {
  asm volatile(
      "cp.async.bulk.tensor.2d.shared::cluster.global.tile.mbarrier::complete_tx::bytes.L2::cache_hint [%0], [%1, {%2, %3}], [%4], "
      "%5;" ::"r"(shared_address(to)),
      "l"(map), "r"(inner), "r"(outer), "r"(shared_address(barrier)), "l"(cache)
      : "memory");
}

// The same into the same place of every block of the cluster whose bit is set in `blocks`; each block's own barrier counts.
__device__ __forceinline__ void tma_load_multicast(const CUtensorMap* map, void* to, int32_t inner, int32_t outer, Barrier* barrier,
                                                   uint16_t blocks, uint64_t cache = kEvictNormal) {
  asm volatile(
      "cp.async.bulk.tensor.2d.shared::cluster.global.tile.mbarrier::complete_tx::bytes.multicast::cluster.L2::cache_hint [%0], "
      "[%1, {%2, %3}], [%4], %5, %6;" ::"r"(shared_address(to)),
      "l"(map), "r"(inner), "r"(outer), "r"(shared_address(barrier)), "h"(blocks), "l"(cache)
      : "memory");
}

// Brings the box into the L2 cache only: it changes nothing that can be observed, so that it may run before its data are final.
__device__ __forceinline__ void tma_prefetch(const CUtensorMap* map, int32_t inner, int32_t outer) {
  asm volatile("cp.async.bulk.prefetch.tensor.2d.L2.global.tile [%0, {%1, %2}];" ::"l"(map), "r"(inner), "r"(outer) : "memory");
}

__device__ __forceinline__ void tma_store(const CUtensorMap* map, const void* from, int32_t inner, int32_t outer) {
  asm volatile("cp.async.bulk.tensor.2d.global.shared::cta.tile.bulk_group [%0, {%2, %3}], [%1];" ::"l"(map),
               "r"(shared_address(from)), "r"(inner), "r"(outer)
               : "memory");
}

__device__ __forceinline__ void tma_store_commit() { asm volatile("cp.async.bulk.commit_group;" ::: "memory"); }

// Until the sources of all but the last `kPending` committed stores may be written again; and until the stores themselves are done.
template <int kPending = 0> __device__ __forceinline__ void tma_store_wait_read() {
  asm volatile("cp.async.bulk.wait_group.read %0;" ::"n"(kPending) : "memory");
}
__device__ __forceinline__ void tma_store_wait() { asm volatile("cp.async.bulk.wait_group 0;" ::: "memory"); }

// Orders ordinary writes to shared memory before what the copy engine and the tensor cores read next.
__device__ __forceinline__ void fence_async_proxy() { asm volatile("fence.proxy.async.shared::cta;" ::: "memory"); }

}  // namespace swiglu::cuda::ptx
