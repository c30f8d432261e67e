// A batch, and what makes batches: the part of loading that differs from task to task.
#pragma once

#include <torch/types.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/models/detection/ground_truth.h"

namespace slab::data {

/// The label of a sample that stands in for one that can't be decoded where samples are counted, in an evaluation: it
/// has a place of its own as well.
inline constexpr std::int64_t kUncounted = -1;

/// On the CPU. `images` N x C x H x W float32, normalised; `indices`: which samples of the data set these are, N,
/// int64.
///
/// Of classification: `labels` N, int64; where samples are mixed (augment timm), each is its own label's by `ownShare`
/// and that of its opposite in the reversed batch by the rest; in an evaluation kUncounted for a stand-in.
/// Of detection: each image lies in the upper left corner, filled up with zeros; `sizes` are those of the images
/// themselves, `truths` their objects (empty in an evaluation).
struct Batch {
  at::Tensor images;
  at::Tensor labels;
  at::Tensor indices;
  double ownShare = 1.0;
  std::int64_t epoch = 0;
  std::int64_t index = 0;  // within the epoch, of all processes' batches
  std::vector<ImageSize> sizes;
  std::vector<GroundTruth> truths;

  [[nodiscard]] std::int64_t size() const { return indices.size(0); }
};

/// A sample that could not be decoded and was left out of its batch.
struct SkippedSample {
  std::int64_t index = 0;
  std::string name;
  std::string cause;
};

struct MadeBatch {
  Batch batch;
  std::vector<SkippedSample> skipped;  // in the order of their positions
};

/// How the samples of an epoch fall into batches.
struct EpochShape {
  std::int64_t samples = 0;
  std::int64_t batch = 1;
  /// Batches of one optimizer step. With `dropLast` an epoch ends with a whole step: the batches left over are dropped
  /// as the samples left over are, so that epochs here and in the plan begin at the same step.
  std::int64_t accumulate = 1;
  /// Of a distributed training: process `rank` of `ranks` takes every ranks-th batch, beginning with number `rank`, so
  /// that together they take what a single process takes in batches of ranks x batch. With `dropLast` an epoch ends
  /// where not every process has a whole batch left; without it all have the same number of batches, and the last one
  /// is empty for those that nothing is left for.
  int rank = 0, ranks = 1;
  bool dropLast = true;

  /// Of this process.
  [[nodiscard]] std::int64_t batches() const {
    const std::int64_t together = batch * ranks;
    if (!dropLast) return (samples + together - 1) / together;
    return samples / (together * accumulate) * accumulate;
  }
  /// Number of this process's batch `number` among all processes'.
  [[nodiscard]] std::int64_t indexOf(std::int64_t number) const { return number * ranks + rank; }
  /// Samples of the batch with this index: fewer than the others where an epoch keeps its rest.
  [[nodiscard]] std::int64_t sizeAt(std::int64_t index) const {
    return std::clamp(samples - index * batch, std::int64_t{0}, batch);
  }
  /// Samples of all processes' batches with this number.
  [[nodiscard]] std::int64_t sizeTogether(std::int64_t number) const {
    const std::int64_t together = batch * ranks;
    return std::clamp(samples - number * together, std::int64_t{0}, together);
  }
};

/// Throws Error(Config) where an epoch has no whole step.
void requireStep(const EpochShape& shape);

/// A pure function from the number of a batch to its content; called from all of a loader's threads at once.
class BatchSource {
 public:
  virtual ~BatchSource() = default;

  /// `number`: of this process's batches within the epoch. Throws Error(Data) when no sample of the epoch can be
  /// decoded.
  [[nodiscard]] virtual MadeBatch make(std::int64_t epoch, std::int64_t number) = 0;
  [[nodiscard]] virtual const EpochShape& shape() const = 0;
  /// The file of a sample, as messages name it.
  [[nodiscard]] virtual std::string nameOf(std::int64_t sample) const = 0;
};

}  // namespace slab::data
