// Telling a lack of memory from other failures.
#pragma once

#include <exception>

namespace slab::train {

/// True for LibTorch's errors of the CPU's and the GPU's allocator and for std::bad_alloc.
[[nodiscard]] bool isOutOfMemory(const std::exception& error);

}  // namespace slab::train
