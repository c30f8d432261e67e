#include "core/coco/set_index.h"

namespace slab::coco {

SetIndex::SetIndex(const CocoSet& set)
    : byImage_(set.annotations.size()),
      categoryOf_(set.annotations.size()),
      begins_(set.images.size() + 1),
      objects_(set.categories.size()),
      crowds_(set.categories.size()) {
  for (std::size_t i = 0; i < set.images.size(); ++i) images_[set.images[i].id] = i;
  for (std::size_t i = 0; i < set.categories.size(); ++i) categories_[set.categories[i].id] = i;
  std::vector<std::uint32_t> imageOf(set.annotations.size());
  for (std::size_t i = 0; i < set.annotations.size(); ++i) {
    const CocoAnnotation& annotation = set.annotations[i];
    annotations_[annotation.id] = i;
    imageOf[i] = static_cast<std::uint32_t>(images_.at(annotation.image));
    categoryOf_[i] = static_cast<std::uint32_t>(categories_.at(annotation.category));
    ++begins_[imageOf[i] + 1];
    ++(annotation.isCrowd ? crowds_ : objects_)[categoryOf_[i]];
  }
  for (std::size_t i = 1; i < begins_.size(); ++i) begins_[i] += begins_[i - 1];
  std::vector<std::size_t> next(begins_.begin(), begins_.end() - 1);
  for (std::size_t i = 0; i < imageOf.size(); ++i) byImage_[next[imageOf[i]]++] = static_cast<std::uint32_t>(i);
}

}  // namespace slab::coco
