// Builds one batch from the samples of a data set.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/data/augment_operations.h"
#include "core/data/batch_filler.h"
#include "core/data/dataset.h"
#include "core/data/loader.h"
#include "core/data/normalise.h"

namespace slab::data {

/// Batches of classified images.
class BatchMaker final : public BatchSource {
 public:
  BatchMaker(std::shared_ptr<const Dataset> dataset, LoaderOptions options);

  [[nodiscard]] MadeBatch make(std::int64_t epoch, std::int64_t number) override;
  [[nodiscard]] const EpochShape& shape() const override { return shape_; }
  [[nodiscard]] std::string nameOf(std::int64_t sample) const override { return dataset_->nameOf(sample); }

 private:
  /// Writes C x size x size normalised values.
  void writeSample(std::int64_t epoch, std::int64_t index, std::vector<std::uint8_t>& scratch, float* out) const;
  void writeStored(std::int64_t index, Random& random, std::vector<std::uint8_t>& scratch, float* out) const;
  void writeImage(std::int64_t index, Random& random, std::vector<std::uint8_t>& scratch, float* out) const;
  /// The recipe of the published trainings, up to the erasing.
  void writeRecipe(std::int64_t index, Random& random, float* out) const;
  void mix(Batch& batch) const;
  [[nodiscard]] std::size_t planeSize() const;

  std::shared_ptr<const Dataset> dataset_;
  LoaderOptions options_;
  EpochShape shape_;
  BatchFiller filler_;
  ColorMode color_;
  at::Tensor stored_;
  bool direct_ = false;                   // `stored_` has the model's size already
  std::optional<Normaliser> normaliser_;  // none: the values are normalised already
  FillColor fill_{};                      // of augment timm: the mean colour
};

}  // namespace slab::data
