// slab-decode: the process in which images of strangers are decoded. Started by slab, never by hand.
#include <charconv>
#include <cstdint>
#include <cstring>

#include "core/base/error.h"
#include "core/formats/image_codec.h"
#include "core/formats/png_writer.h"
#include "core/sandbox/decode_service.h"

namespace {

template <typename Number>
bool parse(const char* text, Number& value) {
  const char* end = text + std::strlen(text);
  return std::from_chars(text, end, value).ptr == end;
}

/// What the decoders look for once (processors, settings), they must find before files are out of reach.
void warmUp() {
  try {
    slab::decodeImage(slab::encodePng({1, 1, 3, {0, 0, 0}}), "warm-up");
  } catch (const slab::Error&) {
    return;  // a build without OpenCV reads no PNG and needs no warming up
  }
}

}  // namespace

int main(int argc, char** argv) {
  int socket = 0;
  std::uint64_t memoryBytes = 0;
  constexpr int kWrongUsage = 2;
  if (argc != 3 || !parse(argv[1], socket) || !parse(argv[2], memoryBytes)) return kWrongUsage;
  warmUp();
  return slab::sandbox::serveDecodes(socket, memoryBytes, [](std::span<const std::byte> file, const std::string& name) {
    return slab::decodeImage(file, name);
  });
}
