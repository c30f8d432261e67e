// Any bytes as the header of a .npy file.
#include <cstdint>
#include <cstdlib>

#include "core/base/error.h"
#include "core/formats/npy.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const slab::NpyHeader header = slab::parseNpyHeader(std::as_bytes(std::span(data, size)), "input");
    if (header.dataOffset > size || !slab::byteCount(header.shape, header.type)) std::abort();
  } catch (const slab::Error&) {
  }
  return 0;
}
