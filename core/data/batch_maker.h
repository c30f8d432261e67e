// Builds one batch from the samples of a data set.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/data/augment_operations.h"
#include "core/data/dataset.h"
#include "core/data/loader.h"
#include "core/data/normalise.h"
#include "core/data/sample_order.h"

namespace slab::data {

struct MadeBatch {
  Batch batch;
  std::vector<SkippedSample> skipped;  // in the order of their positions
};

/// A pure function from the number of a batch to its content; called from all workers at once.
class BatchMaker {
 public:
  BatchMaker(std::shared_ptr<const Dataset> dataset, LoaderOptions options);

  /// `number`: of this process's batches within the epoch. Throws Error(Data) when no sample of the epoch can be
  /// decoded.
  [[nodiscard]] MadeBatch make(std::int64_t epoch, std::int64_t number);
  [[nodiscard]] std::int64_t batchesPerEpoch() const;

 private:
  /// Writes C x size x size normalised values.
  void writeSample(std::int64_t epoch, std::int64_t index, std::vector<std::uint8_t>& scratch, float* out) const;
  void writeStored(std::int64_t index, Random& random, std::vector<std::uint8_t>& scratch, float* out) const;
  void writeImage(std::int64_t index, Random& random, std::vector<std::uint8_t>& scratch, float* out) const;
  /// The recipe of the published trainings, up to the erasing.
  void writeRecipe(std::int64_t index, Random& random, float* out) const;
  void mix(Batch& batch) const;
  /// The cause when the sample is known to be bad, else "".
  [[nodiscard]] std::string knownCause(std::int64_t index);
  void remember(std::int64_t index, const std::string& cause);
  [[nodiscard]] std::size_t planeSize() const;

  std::shared_ptr<const Dataset> dataset_;
  LoaderOptions options_;
  SampleOrder order_;
  ColorMode color_;
  at::Tensor stored_;
  bool direct_ = false;                   // `stored_` has the model's size already
  std::optional<Normaliser> normaliser_;  // none: the values are normalised already
  FillColor fill_{};                      // of augment timm: the mean colour
  std::mutex mutex_;
  std::map<std::int64_t, std::string> bad_;
};

}  // namespace slab::data
