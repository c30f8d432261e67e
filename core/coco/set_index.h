// Where things are in a set: by id, by image.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "core/coco/coco_set.h"

namespace slab::coco {

/// Places in the lists of the set it was made of, which must not change after. Every annotation's image and category
/// is in the set.
class SetIndex {
 public:
  explicit SetIndex(const CocoSet& set);

  [[nodiscard]] std::optional<std::size_t> image(std::int64_t id) const { return find(images_, id); }
  [[nodiscard]] std::optional<std::size_t> category(std::int64_t id) const { return find(categories_, id); }
  [[nodiscard]] std::optional<std::size_t> annotation(std::int64_t id) const { return find(annotations_, id); }

  /// Of an image, its annotations in the order of the file.
  [[nodiscard]] std::span<const std::uint32_t> annotationsOf(std::size_t image) const {
    return std::span(byImage_).subspan(begins_[image], begins_[image + 1] - begins_[image]);
  }
  /// Of an annotation.
  [[nodiscard]] std::uint32_t categoryOf(std::size_t annotation) const { return categoryOf_[annotation]; }
  /// Of a category: annotations that are no crowds, and crowds.
  [[nodiscard]] std::int64_t objects(std::size_t category) const { return objects_[category]; }
  [[nodiscard]] std::int64_t crowds(std::size_t category) const { return crowds_[category]; }

 private:
  using Places = std::unordered_map<std::int64_t, std::size_t>;
  static std::optional<std::size_t> find(const Places& places, std::int64_t id) {
    const auto found = places.find(id);
    return found == places.end() ? std::nullopt : std::optional(found->second);
  }

  Places images_, categories_, annotations_;
  std::vector<std::uint32_t> byImage_, categoryOf_;
  std::vector<std::size_t> begins_;  // of each image in byImage_, and the end
  std::vector<std::int64_t> objects_, crowds_;
};

}  // namespace slab::coco
