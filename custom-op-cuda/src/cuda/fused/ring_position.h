// A place in a ring of stages in shared memory: the stage that is next, and the parity of the barriers' phase in which it is filled.
#pragma once

#include <cstdint>

namespace swiglu::cuda {

struct RingPosition {
  int stage = 0;
  uint32_t phase = 0;

  __device__ void advance(int stages) {
    if (++stage == stages) stage = 0, phase ^= 1;
  }
};

}  // namespace swiglu::cuda
