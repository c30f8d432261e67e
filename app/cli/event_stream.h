// The lines of `slab train --json` on standard output, which may be a file on a disk that fills up.
#pragma once

#include <string>

#include "app/cli/output.h"

namespace slab::cli {

/// Writes each line at once. While the disk refuses for want of room, lines are kept and written, in
/// order and whole, before the next one: a training must not end for that. Any other failure (a closed
/// pipe) throws Error(Data).
class EventStream {
 public:
  /// Tries once more; what is refused even then is lost and named in a warning.
  ~EventStream();
  EventStream() = default;
  EventStream(const EventStream&) = delete;
  EventStream& operator=(const EventStream&) = delete;

  void write(const Json& event);

 private:
  /// False when there is no room.
  bool flush();

  std::string waiting_;
  bool isRefused_ = false;
};

}  // namespace slab::cli
