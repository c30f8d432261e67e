#include "core/data/batch_filler.h"

#include "core/base/error.h"

namespace slab::data {

std::vector<SkippedSample> BatchFiller::fill(std::int64_t epoch, std::int64_t first, std::int64_t count,
                                             const std::function<void(std::int64_t, std::int64_t)>& put,
                                             const std::function<std::string(std::int64_t)>& nameOf) {
  const auto order = order_.ofEpoch(epoch);
  const auto total = static_cast<std::int64_t>(order->size());
  std::vector<SkippedSample> skipped;
  for (std::int64_t place = 0; place < count; ++place) {
    std::int64_t tried = 0;
    for (; tried < total; ++tried) {
      const std::int64_t sample = (*order)[static_cast<std::size_t>((first + place + tried) % total)];
      std::string cause = knownCause(sample);
      if (cause.empty()) {
        try {
          put(place, sample);
          break;
        } catch (const Error& error) {
          if (error.kind() != ErrorKind::Data) throw;
          cause = error.what();
          remember(sample, cause);
        }
      }
      skipped.push_back({sample, nameOf(sample), cause});
    }
    if (tried == total) {
      throw Error(ErrorKind::Data, "not one of the " + std::to_string(total) +
                                       " samples can be decoded; the last: " + skipped.back().cause);
    }
  }
  return skipped;
}

std::string BatchFiller::knownCause(std::int64_t sample) {
  const std::lock_guard lock(mutex_);
  if (bad_.empty()) return {};
  const auto found = bad_.find(sample);
  return found == bad_.end() ? std::string() : found->second;
}

void BatchFiller::remember(std::int64_t sample, const std::string& cause) {
  const std::lock_guard lock(mutex_);
  bad_.emplace(sample, cause);
}

void requireStep(const EpochShape& shape) {
  if (shape.batches() > 0) return;
  throw Error(ErrorKind::Config, "the data set has " + std::to_string(shape.samples) +
                                     " samples, fewer than one step of " +
                                     std::to_string(shape.batch * shape.accumulate) +
                                     ": lower train.batch or set data.drop_last to false");
}

}  // namespace slab::data
