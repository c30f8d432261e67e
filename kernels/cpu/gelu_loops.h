#pragma once

#include <cstdint>

#include "kernels/gelu.h"

namespace slab::kernels {

/// The loops over elements [begin, end), for one instruction set and storage type.
struct GeluLoops {
  void (*forward)(const GeluForward&, std::int64_t begin, std::int64_t end);
  void (*backward)(const GeluBackward&, std::int64_t begin, std::int64_t end);
};

/// One table an instruction set: loops for F32, BF16, F16.
extern const GeluLoops kGeluLoopsGeneric[3];
extern const GeluLoops kGeluLoopsAvx2[3];
extern const GeluLoops kGeluLoopsAvx512[3];

}  // namespace slab::kernels
