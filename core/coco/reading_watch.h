// How far the reading of a long file is, and the way to end it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>

#include "core/coco/record_parser.h"

namespace slab::coco {

struct ReadingWatch {
  static constexpr std::int64_t kEvery = 2048;  // records

  /// A stop ends the reading with an Error(Data) that says so.
  std::stop_token stop;
  /// Bytes read and bytes in all, from the reading thread, every kEvery records of a list.
  std::function<void(std::int64_t read, std::int64_t bytes)> onProgress;

  /// For the readers. `name` stands in the error.
  void throwIfStopped(const std::string& name) const;
  /// The same, and progress, every kEvery records: called with each.
  void passed(const std::string& name, const Record& record, std::size_t bytes) const;
};

}  // namespace slab::coco
