#pragma once

#include <cstdint>

/// What the vector types (Generic, Avx2, Avx512) share. Kernel bodies are templates over such a type and are compiled
/// once for each in a file of its own with that instruction set's flags. These files call nothing that another file
/// could share (no standard library, no inline functions but templates over the vector type): the linker keeps one
/// copy of a shared inline function, and it might be the one with instructions this processor lacks.
namespace slab::kernels::simd {

/// All lanes of a vector take part.
struct Whole {};

/// The first `count` lanes take part: the others load as zero and are not stored.
struct Part {
  int count;
};

/// Calls body(offset, lanes) for vectors that cover [0, count): whole ones, then the rest.
template <class V, class Body>
[[gnu::always_inline]] inline void forEachVector(std::int64_t count, Body body) {
  std::int64_t offset = 0;
  for (; offset + V::width <= count; offset += V::width) body(offset, Whole{});
  if (offset < count) body(offset, Part{static_cast<int>(count - offset)});
}

}  // namespace slab::kernels::simd
