#include "core/data/folder_reader.h"

#include <sys/stat.h>

#include <algorithm>
#include <functional>
#include <system_error>

#include "core/formats/image_codec.h"

namespace slab::data {
namespace {

namespace fs = std::filesystem;

bool isHidden(const fs::path& path) {
  return path.filename().string().starts_with('.');
}

bool hasImageName(const fs::path& path) {
  return isImageName(path.filename().string());
}

/// Calls `visit` for each entry; returns why the folder can't be listed to its end, if so.
std::error_code forEach(const fs::path& folder, const std::function<void(const fs::directory_entry&)>& visit) {
  std::error_code error;
  fs::directory_iterator entry(folder, error);
  while (!error && entry != fs::directory_iterator()) {
    visit(*entry);
    entry.increment(error);
  }
  return error;
}

}  // namespace

bool isFolder(const fs::path& path) {
  std::error_code error;
  return fs::is_directory(path, error);
}

std::vector<std::string> FolderReader::classes(const fs::path& part) {
  std::vector<std::string> names;
  const auto error = forEach(part, [&](const fs::directory_entry& entry) {
    if (isHidden(entry.path())) {
      note(entry.path(), "hidden, passed over");
    } else if (isFolder(entry.path())) {
      names.push_back(entry.path().filename().string());
    } else {
      note(entry.path(), "not in a class folder, passed over");
    }
  });
  if (error) note(part, "can't be listed: " + error.message());
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::string> FolderReader::images(const fs::path& folder) {
  std::vector<std::string> paths;
  std::vector<FolderId> above = idsAbove(folder);
  walk(folder, above, paths);
  std::sort(paths.begin(), paths.end());
  return paths;
}

std::vector<std::string> FolderReader::looseImages(const fs::path& part) {
  std::vector<std::string> names;
  forEach(part, [&](const fs::directory_entry& entry) {
    if (!isHidden(entry.path()) && hasImageName(entry.path()) && !isFolder(entry.path())) {
      names.push_back(entry.path().filename().string());
    }
  });
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<FolderReader::FolderId> FolderReader::idsAbove(const fs::path& folder) {
  std::error_code error;
  std::vector<FolderId> ids{idOf(folder.parent_path())};
  for (fs::path path = fs::canonical(folder, error); path.has_relative_path();) {
    path = path.parent_path();
    ids.push_back(idOf(path));
  }
  return ids;
}

void FolderReader::walk(const fs::path& folder, std::vector<FolderId>& above, std::vector<std::string>& paths) {
  const FolderId self = idOf(folder);
  if (std::find(above.begin(), above.end(), self) != above.end()) {
    note(folder, "a link to a folder that holds it, passed over");
    return;
  }
  above.push_back(self);
  const auto error = forEach(folder, [&](const fs::directory_entry& entry) { visit(entry, above, paths); });
  if (error) note(folder, "can't be listed: " + error.message());
  above.pop_back();
}

void FolderReader::visit(const fs::directory_entry& entry, std::vector<FolderId>& above,
                         std::vector<std::string>& paths) {
  const fs::path& path = entry.path();
  if (isHidden(path)) {
    note(path, "hidden, passed over");
  } else if (isFolder(path)) {
    if (hasImageName(path)) note(path, "a folder with the name of an image");
    walk(path, above, paths);
  } else if (hasImageName(path)) {
    paths.push_back(path.string());
  } else {
    note(path, "not the name of an image this build reads, passed over");
  }
}

FolderReader::FolderId FolderReader::idOf(const fs::path& folder) {
  struct stat status {};
  if (::stat(folder.c_str(), &status) != 0) return {};
  return {status.st_dev, status.st_ino};
}

}  // namespace slab::data
