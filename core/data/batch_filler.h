// Which samples go into a batch, when some of them can't be decoded.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "core/data/batch.h"
#include "core/data/sample_order.h"

namespace slab::data {

/// Walks an epoch's permutation, which depends on (seed, epoch) alone. A sample that can't be decoded is remembered,
/// and its place goes to the next good one of the epoch, so that batches keep their size. From any thread.
class BatchFiller {
 public:
  BatchFiller(std::int64_t samples, bool shuffle, std::uint64_t seed) : order_(samples, shuffle, seed) {}

  /// Calls `put(place, sample)` for the places [0, count) of a batch that begins at position `first` of the epoch;
  /// it throws Error(Data) for a sample that can't be decoded. Returns what was passed over. Throws Error(Data) when
  /// no sample of the epoch can be decoded.
  std::vector<SkippedSample> fill(std::int64_t epoch, std::int64_t first, std::int64_t count,
                                  const std::function<void(std::int64_t place, std::int64_t sample)>& put,
                                  const std::function<std::string(std::int64_t sample)>& nameOf);

 private:
  /// The cause when the sample is known to be bad, else "".
  [[nodiscard]] std::string knownCause(std::int64_t sample);
  void remember(std::int64_t sample, const std::string& cause);

  SampleOrder order_;
  std::mutex mutex_;
  std::map<std::int64_t, std::string> bad_;
};

}  // namespace slab::data
