#include "core/data/coco_paths.h"

#include <filesystem>

#include "core/base/error.h"

namespace slab::data {
namespace {

namespace fs = std::filesystem;

// The first of COCO's own name and the plain one that is there; "" where neither is.
std::string firstThere(const fs::path& folder, const std::string& before, const std::string& part,
                       const std::string& after) {
  std::error_code ignored;
  for (const char* year : {"2017", ""}) {
    const fs::path path = folder / (before + part + year + after);
    if (fs::exists(path, ignored)) return path.string();
  }
  return {};
}

[[noreturn]] void throwMissing(const fs::path& root, const std::string& part) {
  throw Error(ErrorKind::Data, root.string() + " holds no COCO set: there must be annotations/instances_" + part +
                                   "2017.json (or instances_" + part + ".json) and a folder " + part + "2017 (or " +
                                   part + "); name other places with data.annotations and data.images");
}

}  // namespace

std::optional<CocoPaths> findCocoPart(const DataConfig& data, Split split) {
  const bool isTraining = split == Split::Train;
  const std::string part = isTraining ? "train" : "val";
  CocoPaths paths{isTraining ? data.annotations : data.valAnnotations, isTraining ? data.images : data.valImages};
  const bool isNamed = !paths.annotations.empty();
  if (!isNamed && !data.root.empty()) {
    paths.annotations = firstThere(fs::path(data.root) / "annotations", "instances_", part, ".json");
  }
  if (paths.images.empty() && !data.root.empty()) paths.images = firstThere(data.root, "", part, "");
  if (!paths.annotations.empty() && !paths.images.empty()) return paths;
  if (!isTraining && !isNamed) return std::nullopt;
  throwMissing(data.root, part);
}

}  // namespace slab::data
