// Looking at every sample of a data set once, for `slab data scan`.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "core/data/dataset.h"

namespace slab::data {

struct BadSample {
  std::int64_t index = 0;
  std::string name;
  /// The decoder's sentence, with the byte where it stopped.
  std::string cause;
};

struct ScanReport {
  std::int64_t samples = 0;  // looked at
  bool complete = true;      // false: stopped before the end
  std::vector<BadSample> bad;
  std::vector<std::string> classNames;
  std::vector<std::int64_t> classCounts;  // by label, bad ones included
  /// How many samples have each {width, height}.
  std::map<std::pair<int, int>, std::int64_t> sizes;
  std::vector<DatasetNotice> notices;
  double seconds = 0;
};

/// Decodes each of the first `limit` samples (0: all) in `workers` threads. `onProgress(done, total)`
/// is called from this thread, a few times a second. Bad samples are in order of their number.
ScanReport scanDataset(const Dataset& dataset, int workers, std::int64_t limit = 0, std::stop_token stop = {},
                       const std::function<void(std::int64_t done, std::int64_t total)>& onProgress = {});

}  // namespace slab::data
