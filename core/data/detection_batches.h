// Batches of images with their objects.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/config/run_config.h"
#include "core/data/batch_filler.h"
#include "core/data/detection_draw.h"
#include "core/data/detection_set.h"

namespace slab::data {

struct DetectionOptions {
  DataConfig data;   // sides, crops, augment, mean and deviation
  EpochShape shape;  // samples are filled in
  bool shuffle = false;
  bool evaluation = false;  // whole images, no objects
  std::uint64_t seed = 0;
};

/// Of a configuration: of one process; `accumulate`, `rank` and `ranks` of the shape are the caller's to set.
DetectionOptions detectionOptions(const RunConfig& config, Split split);

/// Each image as drawView (or wholeView) has it of its own stream (seed, epoch, number), bicubic and antialiased; a
/// batch is filled up with zeros to the next multiple of 32 of its largest height and width. Masks are as large as
/// their image.
class DetectionBatches final : public BatchSource {
 public:
  DetectionBatches(std::shared_ptr<const DetectionSet> set, DetectionOptions options);

  [[nodiscard]] MadeBatch make(std::int64_t epoch, std::int64_t number) override;
  [[nodiscard]] const EpochShape& shape() const override { return options_.shape; }
  [[nodiscard]] std::string nameOf(std::int64_t sample) const override { return set_->nameOf(sample); }

  /// How the training (or evaluation) sees a sample in an epoch.
  [[nodiscard]] DetectionView viewOf(std::int64_t epoch, std::int64_t sample) const;

 private:
  struct Shown {
    at::Tensor image;  // 3 x height x width
    GroundTruth truth;
  };
  [[nodiscard]] Shown show(std::int64_t epoch, std::int64_t sample) const;
  [[nodiscard]] at::Tensor imageOf(std::int64_t sample, const DetectionView& view) const;
  [[nodiscard]] GroundTruth truthOf(std::int64_t sample, const DetectionView& view) const;

  std::shared_ptr<const DetectionSet> set_;
  DetectionOptions options_;
  BatchFiller filler_;
};

}  // namespace slab::data
