// Hands the operators to sessions that the library makes itself.
#pragma once

#include "ort/api.h"

namespace swiglu {

void register_operators(OrtSessionOptions* options);

}  // namespace swiglu
