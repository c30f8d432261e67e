#include "core/coco/image_folder.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <vector>

namespace slab::coco {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kTried = 8;  // images; one alone may be missing

bool holdsImages(const CocoSet& set, const fs::path& folder) {
  std::size_t tried = 0;
  for (const CocoImage& image : set.images) {
    if (image.file.empty()) continue;
    std::error_code error;
    if (fs::is_regular_file(folder / image.file, error)) return true;
    if (++tried == kTried) break;
  }
  return false;
}

/// "val2017" of instances_val2017.json.
std::string splitOf(const fs::path& annotations) {
  const std::string stem = annotations.stem().string();
  return stem.substr(stem.find_last_of('_') + 1);
}

}  // namespace

std::string findImageFolder(const CocoSet& set) {
  std::error_code error;
  const fs::path file = fs::absolute(set.path, error);
  if (error) return {};
  const fs::path beside = file.parent_path(), above = beside.parent_path();
  const std::string split = splitOf(file);
  std::vector<fs::path> folders;
  for (const fs::path& base : {above, beside}) {
    for (const fs::path& parent : {base, base / "images"}) {
      folders.push_back(parent / split);
      folders.push_back(parent);
    }
  }
  const auto found = std::find_if(folders.begin(), folders.end(), [&](const auto& f) { return holdsImages(set, f); });
  return found == folders.end() ? std::string() : found->lexically_normal().string();
}

std::string imageFileOf(const std::string& folder, const CocoImage& image) {
  return image.file.empty() ? std::string() : (fs::path(folder) / image.file).string();
}

}  // namespace slab::coco
