#include "core/data/image_folder.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <utility>

#include "core/base/error.h"
#include "core/data/folder_reader.h"
#include "core/data/manifest.h"
#include "core/data/validation_list.h"
#include "core/formats/image_codec.h"

namespace slab::data {
namespace {

namespace fs = std::filesystem;

struct Entry {
  std::string path;
  std::int64_t label = 0;
};

/// By number of the sample.
using KnownFaults = std::map<std::int64_t, ManifestEntry>;

/// One part of an image folder as it was found.
struct Part {
  std::vector<Entry> entries;
  std::vector<std::string> classNames;
  std::vector<DatasetNotice> notices;
  KnownFaults faults;
};

class ImageFolder final : public Dataset {
 public:
  explicit ImageFolder(Part part) : part_(std::move(part)) {}

  [[nodiscard]] std::int64_t size() const override { return static_cast<std::int64_t>(part_.entries.size()); }
  [[nodiscard]] std::int64_t label(std::int64_t index) const override { return at(index).label; }
  [[nodiscard]] const std::vector<std::string>& classNames() const override { return part_.classNames; }
  [[nodiscard]] std::string nameOf(std::int64_t index) const override { return at(index).path; }
  [[nodiscard]] std::string fileOf(std::int64_t index) const override { return at(index).path; }
  [[nodiscard]] Image image(std::int64_t index) const override {
    DecodeOptions options;
    options.color = ColorMode::Stored;
    return decodeImage(readable(index), options);
  }
  [[nodiscard]] bool isKnownBad(std::int64_t index) const override { return part_.faults.count(index) > 0; }
  [[nodiscard]] const std::vector<DatasetNotice>& notices() const override { return part_.notices; }
  [[nodiscard]] SampleSource source(std::int64_t index) const override { return fileSource(readable(index)); }

 private:
  [[nodiscard]] const Entry& at(std::int64_t index) const { return part_.entries[static_cast<std::size_t>(index)]; }

  /// The path of a sample that is not known to be damaged.
  [[nodiscard]] const std::string& readable(std::int64_t index) const {
    const std::string& path = at(index).path;
    const auto known = part_.faults.find(index);
    if (known != part_.faults.end() && stampOf(path) == known->second.stamp) {
      throw ImageError(path, *known->second.fault, known->second.cause, known->second.offset);
    }
    return path;
  }

  Part part_;
};

/// Takes the images of `val` that lie in no class folder, with the labels of the list.
void takeListed(const fs::path& root, const fs::path& val, FolderReader& reader, Part& part) {
  const std::vector<std::string> names = FolderReader::looseImages(val);
  const auto list = findValidationList(root);
  if (!list) {
    throw Error(ErrorKind::Data,
                val.string() + " holds " + std::to_string(names.size()) +
                    " images in no class folder, and their labels are nowhere: " + validationListMend());
  }
  const ValidationLabels labels = readValidationList(*list, part.classNames, names);
  for (const std::string& name : names) {
    const auto label = labels.find(name);
    if (label == labels.end()) {
      reader.note(val / name, "not in " + list->string() + ", passed over");
    } else {
      part.entries.push_back({(val / name).string(), label->second});
    }
  }
  for (const auto& [name, label] : labels) {
    if (!std::binary_search(names.begin(), names.end(), name)) {
      reader.note(val / name, "missing, though " + list->string() + " names it");
    }
  }
}

void takeClassFolders(const fs::path& folder, const std::vector<std::string>& present, FolderReader& reader,
                      Part& part) {
  for (std::size_t label = 0; label < part.classNames.size(); ++label) {
    const fs::path classFolder = folder / part.classNames[label];
    if (!std::binary_search(present.begin(), present.end(), part.classNames[label])) {
      reader.note(classFolder, "class missing here, though train has it");
      continue;
    }
    const std::vector<std::string> images = reader.images(classFolder);
    if (images.empty()) reader.note(classFolder, "class without images");
    for (const std::string& path : images) part.entries.push_back({path, static_cast<std::int64_t>(label)});
  }
  for (const std::string& name : present) {
    if (!std::binary_search(part.classNames.begin(), part.classNames.end(), name)) {
      reader.note(folder / name, "class that train does not have, passed over");
    }
  }
}

/// Verdicts that hold wherever the file is decoded: one that can't be opened, or not by that build, is tried again.
bool holdsHere(ImageFault fault) {
  return fault != ImageFault::Unreadable && fault != ImageFault::Unsupported;
}

KnownFaults knownFaults(const std::string& root, const std::vector<Entry>& entries) {
  const Manifest manifest = readManifest(root, /*faultsOnly=*/true);
  KnownFaults faults;
  if (manifest.empty()) return faults;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const auto found = manifest.find(manifestName(root, entries[i].path));
    if (found != manifest.end() && holdsHere(*found->second.fault)) {
      faults.emplace(static_cast<std::int64_t>(i), found->second);
    }
  }
  return faults;
}

std::unique_ptr<Dataset> read(const fs::path& root, Split split) {
  FolderReader reader;
  const fs::path train = root / "train", folder = root / (split == Split::Train ? "train" : "val");
  if (!isFolder(train)) {
    throw Error(ErrorKind::Data, train.string() + " is missing: an image folder has train/<class>/ and val/<class>/ " +
                                     "below data.root");
  }
  if (!isFolder(folder)) return nullptr;
  Part part;
  part.classNames = split == Split::Train ? reader.classes(train) : FolderReader().classes(train);
  const bool isListed = split == Split::Validation && FolderReader().classes(folder).empty() &&
                        !FolderReader::looseImages(folder).empty();
  if (isListed) {
    takeListed(root, folder, reader, part);
  } else {
    takeClassFolders(folder, split == Split::Train ? part.classNames : reader.classes(folder), reader, part);
  }
  if (part.entries.empty() && split == Split::Validation) return nullptr;
  if (part.entries.empty()) throw Error(ErrorKind::Data, folder.string() + " holds no image below its class folders");
  part.faults = knownFaults(root.string(), part.entries);
  part.notices = reader.takeNotices();
  return std::make_unique<ImageFolder>(std::move(part));
}

}  // namespace

std::unique_ptr<Dataset> openImageFolder(const std::string& root, Split split) {
  if (root.empty()) throw Error(ErrorKind::Config, "data.root must name the folder of data.type image_folder");
  return read(root, split);
}

}  // namespace slab::data
