// Any text as the manifest of a checkpoint.
#include <cstdint>
#include <cstdlib>

#include "core/base/error.h"
#include "core/formats/checkpoint.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const slab::CheckpointManifest manifest = slab::parseManifest({reinterpret_cast<const char*>(data), size}, "input");
    for (const slab::CheckpointFile& file : manifest.files) {
      if (file.name.empty() || file.name.find('/') != std::string::npos || file.sha256.size() != 64) std::abort();
    }
  } catch (const slab::Error&) {
  }
  return 0;
}
