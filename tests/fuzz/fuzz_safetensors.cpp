// Any bytes as a safetensors file: an Error or views that lie inside the bytes.
#include <cstdint>
#include <cstdlib>

#include "core/base/error.h"
#include "core/formats/safetensors.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  try {
    const auto file = slab::SafetensorsFile::parse(bytes, "input");
    unsigned sum = 0;
    for (const slab::TensorView& tensor : file.tensors()) {
      const auto expected = slab::byteCount(tensor.shape, tensor.type);
      if (!expected || static_cast<std::size_t>(*expected) != tensor.bytes.size()) std::abort();
      if (tensor.fileOffset + tensor.bytes.size() > size) std::abort();
      for (const std::byte value : tensor.bytes) sum += std::to_integer<unsigned>(value);
    }
    // Reads every byte; a sum of bytes never reaches this.
    if (sum == ~0U) std::abort();
  } catch (const slab::Error&) {
  }
  return 0;
}
