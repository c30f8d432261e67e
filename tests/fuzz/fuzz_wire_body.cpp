// A message's header alone, without the frame's lengths to guess.
#include <cstddef>
#include <cstdint>
#include <string>

#include "core/base/error.h"
#include "core/wire/messages.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const slab::Message message = slab::toMessage({std::string(reinterpret_cast<const char*>(data), size), {}});
    slab::toFrame(message);
    slab::unpack<slab::AttentionMap>(message);
  } catch (const slab::Error&) {
  }
  return 0;
}
