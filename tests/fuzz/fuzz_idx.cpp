// Any bytes as an idx file, plain or gzipped.
#include <cstdint>
#include <cstdlib>

#include "core/base/error.h"
#include "core/formats/element_type.h"
#include "core/formats/idx.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const slab::IdxArray array = slab::parseIdx(std::as_bytes(std::span(data, size)), "input", 1 << 24);
    if (static_cast<std::size_t>(*slab::elementCount(array.shape)) != array.values.size()) std::abort();
  } catch (const slab::Error&) {
  }
  return 0;
}
