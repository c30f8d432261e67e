// The bytes of a hostile peer on the local socket: fed in uneven pieces, decoded into messages, and
// every typed body tried. What decodes must survive being sent on.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "core/base/error.h"
#include "core/wire/messages.h"

namespace {

template <typename T>
void tryBody(slab::Message message) {
  try {
    // The type is set by hand: the fuzzer shall spend its time on bodies.
    message.type = T::kType;
    const T body = slab::unpack<T>(message);
    const slab::Message again = slab::pack(message.kind, message.id, body);
    if (slab::pack(message.kind, message.id, slab::unpack<T>(again)).body != again.body) std::abort();
  } catch (const slab::Error&) {
  }
}

void use(const slab::Message& message) {
  const slab::Message again = slab::toMessage(slab::toFrame(message));
  if (again.kind != message.kind || again.type != message.type || again.id != message.id ||
      again.arrays.size() != message.arrays.size()) {
    std::abort();
  }
  tryBody<slab::RunCommand>(message);
  tryBody<slab::RunStatus>(message);
  tryBody<slab::AttentionRequest>(message);
  tryBody<slab::AttentionMap>(message);
  tryBody<slab::FoldReport>(message);
  tryBody<slab::BenchRequest>(message);
  tryBody<slab::BenchReport>(message);
  tryBody<slab::ModelTree>(message);
  tryBody<slab::DatasetPage>(message);
  tryBody<slab::ScanReport>(message);
  for (const slab::WireArray& array : message.arrays) {
    if (array.dtype == "f32") slab::floatValues(array);
    if (array.dtype == "i64") slab::integerValues(array);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  slab::FrameDecoder decoder;
  try {
    for (std::size_t at = 0, piece = 1; at < size; at += piece, piece = piece * 3 + 1) {
      decoder.feed(data + at, piece < size - at ? piece : size - at);
      if (piece >= size - at) piece = size - at;
      while (auto frame = decoder.next()) {
        try {
          use(slab::toMessage(std::move(*frame)));
        } catch (const slab::Error&) {
        }
      }
    }
  } catch (const slab::Error&) {
  }
  return 0;
}
