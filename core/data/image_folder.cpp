#include "core/data/image_folder.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <utility>

#include "core/base/error.h"
#include "core/formats/image_codec.h"

namespace slab::data {
namespace {

namespace fs = std::filesystem;

constexpr int kMaxDepth = 16;

struct Entry {
  std::string path;
  std::int64_t label = 0;
};

class ImageFolder final : public Dataset {
 public:
  ImageFolder(std::vector<Entry> entries, std::vector<std::string> classNames, std::vector<DatasetNotice> notices)
      : entries_(std::move(entries)), classNames_(std::move(classNames)), notices_(std::move(notices)) {}

  [[nodiscard]] std::int64_t size() const override { return static_cast<std::int64_t>(entries_.size()); }
  [[nodiscard]] std::int64_t label(std::int64_t index) const override { return at(index).label; }
  [[nodiscard]] const std::vector<std::string>& classNames() const override { return classNames_; }
  [[nodiscard]] std::string nameOf(std::int64_t index) const override { return at(index).path; }
  [[nodiscard]] Image image(std::int64_t index) const override {
    DecodeOptions options;
    options.color = ColorMode::Stored;
    return decodeImage(at(index).path, options);
  }
  [[nodiscard]] const std::vector<DatasetNotice>& notices() const override { return notices_; }

 private:
  [[nodiscard]] const Entry& at(std::int64_t index) const { return entries_[static_cast<std::size_t>(index)]; }

  std::vector<Entry> entries_;
  std::vector<std::string> classNames_;
  std::vector<DatasetNotice> notices_;
};

bool isHidden(const fs::path& path) {
  return path.filename().string().starts_with('.');
}

/// Walks one part of the data set and notes what it passes over.
class FolderReader {
 public:
  /// The class folders of `part`, sorted; hidden ones and loose files are noted.
  std::vector<std::string> classes(const fs::path& part) {
    std::vector<std::string> names;
    for (const fs::directory_entry& entry : fs::directory_iterator(part)) {
      if (isHidden(entry.path())) {
        note(entry.path(), "hidden, passed over");
      } else if (entry.is_directory()) {
        names.push_back(entry.path().filename().string());
      } else {
        note(entry.path(), "not in a class folder, passed over");
      }
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  /// The images below a class folder, sorted by path.
  std::vector<std::string> images(const fs::path& folder) {
    std::vector<std::string> paths;
    fs::recursive_directory_iterator entry(folder, fs::directory_options::follow_directory_symlink);
    for (; entry != fs::recursive_directory_iterator(); ++entry) {
      const fs::path& path = entry->path();
      if (isHidden(path)) {
        note(path, "hidden, passed over");
        entry.disable_recursion_pending();
      } else if (entry->is_directory()) {
        // A link to a folder above would be followed for ever.
        if (entry.depth() >= kMaxDepth) entry.disable_recursion_pending();
      } else if (isImageName(path.filename().string())) {
        paths.push_back(path.string());
      } else {
        note(path, "not the name of an image this build reads, passed over");
      }
    }
    std::sort(paths.begin(), paths.end());
    return paths;
  }

  void note(const fs::path& path, std::string message) { notices.push_back({path.string(), std::move(message)}); }

  std::vector<DatasetNotice> notices;
};

bool isFolder(const fs::path& path) {
  std::error_code error;
  return fs::is_directory(path, error);
}

std::unique_ptr<Dataset> read(const fs::path& root, Split split) {
  FolderReader reader;
  const fs::path train = root / "train", part = root / (split == Split::Train ? "train" : "val");
  if (!isFolder(train)) {
    throw Error(ErrorKind::Data, train.string() + " is missing: an image folder has train/<class>/ and val/<class>/ " +
                                     "below data.root");
  }
  if (!isFolder(part)) return nullptr;
  const std::vector<std::string> classNames =
      split == Split::Train ? reader.classes(train) : FolderReader().classes(train);
  const std::vector<std::string> present = split == Split::Train ? classNames : reader.classes(part);

  std::vector<Entry> entries;
  for (std::size_t label = 0; label < classNames.size(); ++label) {
    const fs::path folder = part / classNames[label];
    if (!std::binary_search(present.begin(), present.end(), classNames[label])) {
      reader.note(folder, "class missing here, though train has it");
      continue;
    }
    const std::vector<std::string> images = reader.images(folder);
    if (images.empty()) reader.note(folder, "class without images");
    for (const std::string& path : images) entries.push_back({path, static_cast<std::int64_t>(label)});
  }
  for (const std::string& name : present) {
    if (!std::binary_search(classNames.begin(), classNames.end(), name)) {
      reader.note(part / name, "class that train does not have, passed over");
    }
  }
  if (entries.empty() && split == Split::Validation) return nullptr;
  if (entries.empty()) throw Error(ErrorKind::Data, part.string() + " holds no image below its class folders");
  return std::make_unique<ImageFolder>(std::move(entries), classNames, std::move(reader.notices));
}

}  // namespace

std::unique_ptr<Dataset> openImageFolder(const std::string& root, Split split) {
  if (root.empty()) throw Error(ErrorKind::Config, "data.root must name the folder of data.type image_folder");
  try {
    return read(root, split);
  } catch (const fs::filesystem_error& error) {
    throw Error(ErrorKind::Data, error.path1().string() + " can't be read: " + error.code().message());
  }
}

}  // namespace slab::data
