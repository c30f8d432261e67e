// A training that takes a second: twenty-four small images in .npy files and a two-block model.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/config/load.h"
#include "core/jobs/train_job.h"
#include "core/store/run_reader.h"

namespace slab::testing {

/// A directory of its own, removed at the end.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  [[nodiscard]] std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// Writes images.npy (float32, 24 x 1 x 16 x 16), labels.npy and a validation set of 10 to `folder`.
/// `poison`: index of an image that gets a NaN, -1 for none.
void writeTinyData(const std::filesystem::path& folder, int poison = -1);

/// The configuration text over that data: 12 steps of 4, drop path on, everything pinned; `overrides`
/// as after --set.
LoadedConfig tinyConfig(const std::filesystem::path& data, const std::vector<std::string>& overrides = {});

struct Finished {
  TrainOutcome outcome;
  std::vector<Json> events;
  [[nodiscard]] std::vector<Json> ofKind(const std::string& kind) const;
};

/// Trains to the end; `onEvent` may give commands to the session.
Finished train(TrainRequest request, const std::function<void(TrainSession&, const Json&)>& onEvent = {});
TrainRequest newRun(LoadedConfig config, const std::filesystem::path& run);
TrainRequest resumed(const std::filesystem::path& run);

/// The file's bytes.
std::string contentOf(const std::filesystem::path& file);

}  // namespace slab::testing
