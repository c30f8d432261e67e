#include "core/data/coco_paths.h"

#include "core/base/error.h"
#include "core/config/coco_names.h"

namespace slab::data {
namespace {

[[noreturn]] void throwMissing(const std::string& root, const std::string& part) {
  throw Error(ErrorKind::Data, root + " holds no COCO set: there must be annotations/instances_" + part +
                                   "2017.json (or instances_" + part + ".json) and a folder " + part + "2017 (or " +
                                   part + "); name other places with data.annotations and data.images");
}

}  // namespace

std::optional<CocoPaths> findCocoPart(const DataConfig& data, Split split) {
  const bool isTraining = split == Split::Train;
  const std::string part = isTraining ? "train" : "val";
  CocoPaths paths{isTraining ? data.annotations : data.valAnnotations, isTraining ? data.images : data.valImages};
  const bool isNamed = !paths.annotations.empty();
  if (!isNamed) paths.annotations = findCocoAnnotations(data.root, part);
  if (paths.images.empty()) paths.images = findCocoImages(data.root, part);
  if (!paths.annotations.empty() && !paths.images.empty()) return paths;
  if (!isTraining && !isNamed) return std::nullopt;
  throwMissing(data.root, part);
}

}  // namespace slab::data
