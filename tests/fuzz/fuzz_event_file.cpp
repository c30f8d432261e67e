// Any bytes as a TensorBoard event file, and as the message of a record: points and issues, or an Error.
#include <cstdint>
#include <cstdlib>

#include "core/base/error.h"
#include "core/formats/event_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  slab::EventFileReader reader(bytes);
  std::size_t events = 0;
  while (reader.next()) ++events;
  // Each takes a byte at least, an event sixteen.
  if (events * 16 + reader.issues().size() > size) std::abort();
  for (const auto& issue : reader.issues()) {
    if (issue.offset >= size || issue.message.empty()) std::abort();
  }
  try {
    const slab::LogEvent event = slab::parseEvent({reinterpret_cast<const char*>(data), size});
    // What is written of it is read again.
    const std::string record = slab::toRecord(event);
    slab::EventFileReader again(std::as_bytes(std::span(record)));
    const auto same = again.next();
    if (!same || !again.issues().empty() || same->step != event.step) std::abort();
    if (same->scalars.size() != event.scalars.size()) std::abort();
  } catch (const slab::Error&) {
  }
  return 0;
}
