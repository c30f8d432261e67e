#include "core/coco/reading_watch.h"

#include "core/base/error.h"

namespace slab::coco {

void ReadingWatch::throwIfStopped(const std::string& name) const {
  if (stop.stop_requested()) throw Error(ErrorKind::Data, name + ": stopped while reading it; open it again to go on");
}

void ReadingWatch::passed(const std::string& name, const Record& record, std::size_t bytes) const {
  if (record.number % kEvery != 0) return;
  throwIfStopped(name);
  if (onProgress) onProgress(static_cast<std::int64_t>(record.end), static_cast<std::int64_t>(bytes));
}

}  // namespace slab::coco
