// A data set in COCO's format as a detector is trained and evaluated on it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/coco/coco_set.h"
#include "core/config/run_config.h"
#include "core/data/dataset.h"
#include "core/data/sample_source.h"

namespace slab::data {

/// Images by rising id, and the objects a detector learns from: no crowds, with a mask and a box of at least a pixel
/// within the image. Classes are the categories by rising id. Read from several threads at once.
class DetectionSet {
 public:
  /// The part of `data` where `detector` has a class for each category. A training part is without the images that
  /// have no object to learn from or a side below 32 pixels, and `data.limit` keeps the first of the rest. nullptr for
  /// a validation part that does not exist.
  ///
  /// Throws Error(Data) for annotations with a fault that blocks (core/coco/faults.h), with the first of them, for one
  /// of a validation part without a mask, a missing folder, and where no image is left; Error(Config) where categories
  /// and detector.classes differ.
  static std::shared_ptr<const DetectionSet> open(const DataConfig& data, const DetectorKeys& detector, Split split);

  [[nodiscard]] std::int64_t size() const { return static_cast<std::int64_t>(samples_.size()); }
  [[nodiscard]] const coco::CocoImage& record(std::int64_t index) const;
  [[nodiscard]] const std::vector<const coco::CocoAnnotation*>& objects(std::int64_t index) const;
  [[nodiscard]] std::int64_t labelOf(std::int64_t category) const { return labels_.at(category); }
  /// The category's id.
  [[nodiscard]] std::int64_t categoryOf(std::int64_t label) const {
    return categories_[static_cast<std::size_t>(label)];
  }
  [[nodiscard]] std::string nameOf(std::int64_t index) const;
  /// The image's file. Throws Error(Data) where it is missing, a link leads out of the folder, or it has another size
  /// than its record.
  [[nodiscard]] SampleSource source(std::int64_t index) const;
  /// All of the annotations.
  [[nodiscard]] const coco::CocoSet& annotations() const { return set_; }
  /// What is left out, and faults that do not block, with their numbers.
  [[nodiscard]] const std::vector<DatasetNotice>& notices() const { return notices_; }

 private:
  struct Sample {
    std::size_t image = 0;  // in set_.images
    std::vector<const coco::CocoAnnotation*> objects;
  };

  DetectionSet(const std::string& annotations, const std::string& folder);
  void number(const DetectorKeys& detector);
  void collect(bool isTraining);
  void note(const std::string& what, std::int64_t count, const std::string& fate = "left out");

  coco::CocoSet set_;
  std::filesystem::path folder_;
  std::vector<std::int64_t> categories_;                   // id by label
  std::unordered_map<std::int64_t, std::int64_t> labels_;  // label by id
  std::vector<Sample> samples_;
  std::vector<DatasetNotice> notices_;
};

}  // namespace slab::data
