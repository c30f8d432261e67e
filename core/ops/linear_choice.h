// The table of timed choices behind `ops.linear = auto`.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <tuple>

#include "core/ops/linear.h"

namespace slab::ops {

/// Remembers for each shape and pass which backend was faster. Thread-safe; a shape is timed once.
class LinearChoiceTable {
 public:
  /// True where oneDNN is to be used. An unknown shape is timed on the spot: both run once to warm up, then
  /// in turns; the smaller minimum wins. `choice.oneDnn` and the exact rows are ignored on entry.
  bool useOneDnn(LinearChoice choice, const std::function<void()>& oneDnn, const std::function<void()>& torch);
  [[nodiscard]] std::vector<LinearChoice> all() const;
  void replace(const std::vector<LinearChoice>& choices);

 private:
  using Key = std::tuple<std::int64_t, std::int64_t, std::int64_t, std::string, LinearPass>;

  mutable std::mutex mutex_;
  std::map<Key, bool> choices_;
};

/// The process's table.
LinearChoiceTable& linearChoiceTable();

}  // namespace slab::ops
