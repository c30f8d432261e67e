// Walks the class folders of an image folder and notes what it passes over.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "core/data/dataset.h"

namespace slab::data {

bool isFolder(const std::filesystem::path& path);

/// One part (train, val) of a data set. What can't be listed is noted and passed over, never an error: an unreadable
/// folder or a link that leads nowhere must not keep the rest from being looked at.
class FolderReader {
 public:
  /// The class folders of `part`, sorted; hidden ones and loose files are noted.
  std::vector<std::string> classes(const std::filesystem::path& part);

  /// The files with an image's name below a class folder, sorted by path, whether they can be read or not. Links to
  /// folders are followed, but not to one that holds them.
  std::vector<std::string> images(const std::filesystem::path& folder);

  /// The files with an image's name directly in `part`, sorted.
  static std::vector<std::string> looseImages(const std::filesystem::path& part);

  void note(const std::filesystem::path& path, std::string message) {
    notices_.push_back({path.string(), std::move(message)});
  }
  std::vector<DatasetNotice> takeNotices() { return std::move(notices_); }

 private:
  struct FolderId {
    std::uint64_t device = 0, inode = 0;
    friend bool operator==(const FolderId&, const FolderId&) = default;
  };

  void walk(const std::filesystem::path& folder, std::vector<FolderId>& above, std::vector<std::string>& paths);
  void visit(const std::filesystem::directory_entry& entry, std::vector<FolderId>& above,
             std::vector<std::string>& paths);
  /// Of every folder that holds this one, by name and by place.
  [[nodiscard]] static std::vector<FolderId> idsAbove(const std::filesystem::path& folder);
  [[nodiscard]] static FolderId idOf(const std::filesystem::path& folder);

  std::vector<DatasetNotice> notices_;
};

}  // namespace slab::data
