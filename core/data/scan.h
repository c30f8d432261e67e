// Looking at every sample of a data set once, for `slab data scan`.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "core/data/dataset.h"
#include "core/data/manifest.h"
#include "core/formats/image_fault.h"

namespace slab::data {

struct BadSample {
  std::int64_t index = 0;
  std::string name;
  /// Of files; none for samples that are held otherwise.
  std::optional<ImageFault> fault;
  /// The decoder's sentence, with the byte where it stopped.
  std::string cause;
  std::int64_t offset = -1;  // that byte, where the decoder tells
};

struct ScanOptions {
  int workers = 2;
  /// The first samples only; 0: all.
  std::int64_t limit = 0;
  std::stop_token stop;
  /// Called from the scanning thread, a few times a second.
  std::function<void(std::int64_t done, std::int64_t total)> onProgress;
  /// Of data sets of files: earlier verdicts, and where the new ones go. Its root stands before the names.
  ManifestJournal* journal = nullptr;
  std::string root;
};

struct ScanReport {
  std::int64_t samples = 0;  // looked at
  bool complete = true;      // false: stopped before the end
  std::int64_t reused = 0;   // of them known from an earlier scan and unchanged
  std::vector<BadSample> bad;
  std::vector<std::string> classNames;
  std::vector<std::int64_t> classCounts;  // by label, bad ones included
  std::vector<std::int64_t> classFaults;  // bad ones by label
  /// How many samples have each {width, height}.
  std::map<std::pair<int, int>, std::int64_t> sizes;
  /// Those of the data set, and files that decode but are not what their name says.
  std::vector<DatasetNotice> notices;
  /// How the decoding processes were confined; "" when none was needed.
  std::string sandbox;
  std::int64_t lostProcesses = 0;  // to an image, each replaced by a new one
  double seconds = 0;
};

/// Looks at each sample. Files are decoded in sandboxed processes, one a worker, unless the journal knows them; other
/// samples in threads of this process. Bad samples are in order of their number. A stop keeps what was seen. Throws
/// Error(Internal) when the decoding program can't be started, WriteError when the journal can't be written.
ScanReport scanDataset(const Dataset& dataset, const ScanOptions& options);

}  // namespace slab::data
