#include "core/config/coco_names.h"

#include <filesystem>

namespace slab {
namespace {

namespace fs = std::filesystem;

std::string firstThere(const fs::path& folder, const std::string& before, const std::string& part,
                       const std::string& after) {
  std::error_code ignored;
  for (const char* year : {"2017", ""}) {
    const fs::path path = folder / (before + part + year + after);
    if (fs::exists(path, ignored)) return path.string();
  }
  return {};
}

}  // namespace

std::string findCocoAnnotations(const std::string& root, const std::string& part) {
  return root.empty() ? "" : firstThere(fs::path(root) / "annotations", "instances_", part, ".json");
}

std::string findCocoImages(const std::string& root, const std::string& part) {
  return root.empty() ? "" : firstThere(root, "", part, "");
}

}  // namespace slab
