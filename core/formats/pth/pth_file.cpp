#include "core/formats/pth/pth_file.h"

#include <algorithm>
#include <cstring>
#include <unordered_map>

#include "core/base/error.h"
#include "core/formats/mapped_file.h"
#include "core/formats/pth/legacy_container.h"
#include "core/formats/pth/pickle_machine.h"
#include "core/formats/pth/zip_archive.h"

namespace slab {

struct PthFile::Content {
  std::string path;
  std::shared_ptr<const MappedFile> map;
  Container container = Container::Zip;
  PickleArena arena;
  const PickleNode* root = nullptr;
  // Of a storage: the entry whose sum is still to be verified; empty for the legacy container.
  std::vector<ZipEntry> unverified;
  std::vector<bool> verified;
};

namespace {

[[noreturn]] void refuse(const std::string& what) {
  throw Error(ErrorKind::Checkpoint, what);
}

// Entries by their name below the archive's one folder.
class Records {
 public:
  explicit Records(std::vector<ZipEntry> entries) : entries_(std::move(entries)) {
    constexpr std::string_view kPickle = "/data.pkl";
    for (const auto& entry : entries_) {
      if (!entry.name.ends_with(kPickle)) continue;
      if (!folder_.empty())
        refuse("it holds two pickles (" + folder_ + "data.pkl and " + std::string(entry.name) + ")");
      folder_ = std::string(entry.name.substr(0, entry.name.size() - kPickle.size() + 1));
    }
    if (folder_.empty()) refuse("it is a zip archive without data.pkl, not one of torch.save");
    for (const auto& entry : entries_) {
      if (entry.name.starts_with(folder_)) index_.emplace(entry.name.substr(folder_.size()), &entry);
    }
    if (find("constants.pkl")) {
      refuse("it is a TorchScript program, not weights; save the model's state_dict() with torch.save");
    }
  }

  [[nodiscard]] const ZipEntry* find(std::string_view name) const {
    const auto found = index_.find(name);
    return found == index_.end() ? nullptr : found->second;
  }

 private:
  std::vector<ZipEntry> entries_;
  std::string folder_;
  std::unordered_map<std::string_view, const ZipEntry*> index_;
};

std::string_view textOf(const ZipEntry& entry) {
  return {reinterpret_cast<const char*>(entry.bytes.data()), entry.bytes.size()};
}

std::int64_t byteSizeOf(const PthStorage& storage) {
  return storage.count * static_cast<std::int64_t>(byteSize(storage.type));
}

// data/<key> of every storage, in the arena's order.
std::vector<ZipEntry> attachRecords(PickleArena& arena, const Records& records) {
  std::vector<ZipEntry> entries;
  entries.reserve(arena.storages.size());
  for (auto& storage : arena.storages) {
    const std::string name = "data/" + std::string(storage.key);
    const ZipEntry* entry = records.find(name);
    if (!entry) refuse("it lacks the entry " + name);
    if (entry->bytes.size() != static_cast<std::uint64_t>(byteSizeOf(storage))) {
      refuse("entry " + name + " has " + std::to_string(entry->bytes.size()) + " bytes, its storage claims " +
             std::to_string(byteSizeOf(storage)));
    }
    storage.bytes = entry->bytes;
    entries.push_back(*entry);
  }
  return entries;
}

void copyStrided(const StridedView& view, std::size_t dimension, std::int64_t element, std::size_t size,
                 std::byte*& target) {
  const std::int64_t count = view.shape[dimension], stride = view.strides[dimension];
  if (dimension + 1 < view.shape.size()) {
    for (std::int64_t i = 0; i < count; ++i) copyStrided(view, dimension + 1, element + i * stride, size, target);
    return;
  }
  for (std::int64_t i = 0; i < count; ++i, target += size) {
    std::memcpy(target, view.bytes.data() + static_cast<std::size_t>(element + i * stride) * size, size);
  }
}

}  // namespace

bool StridedView::isContiguous() const {
  std::int64_t expected = 1;
  for (std::size_t d = shape.size(); d-- > 0;) {
    if (shape[d] == 0) return true;
    if (shape[d] != 1 && strides[d] != expected) return false;
    expected *= shape[d];
  }
  return true;
}

void copyElements(const StridedView& view, std::span<std::byte> target) {
  const auto bytes = byteCount(view.shape, view.type);
  if (!bytes || static_cast<std::size_t>(*bytes) > target.size()) {
    throw Error(ErrorKind::Internal, "a tensor of shape " + formatShape(view.shape) + " has no room for its copy");
  }
  if (*bytes == 0) return;
  if (view.isContiguous()) {
    std::memcpy(target.data(), view.bytes.data(), static_cast<std::size_t>(*bytes));
    return;
  }
  std::byte* next = target.data();
  copyStrided(view, 0, 0, byteSize(view.type), next);
}

PthFile PthFile::open(const std::string& path) {
  const auto map = std::make_shared<const MappedFile>(path);
  PthFile file = parse(map->bytes(), path);
  file.content_->map = map;
  return file;
}

PthFile PthFile::parse(std::span<const std::byte> bytes, const std::string& name) {
  constexpr std::size_t kMostPickle = std::size_t{64} << 20;
  PthFile file;
  file.content_ = std::make_shared<Content>();
  Content& content = *file.content_;
  content.path = name;
  try {
    if (looksLikeZip(bytes)) {
      const Records records(readZipDirectory(bytes));
      const ZipEntry* order = records.find("byteorder");
      if (order && textOf(*order) != "little") refuse("its numbers are big-endian; save it on a little-endian machine");
      const ZipEntry& pickle = *records.find("data.pkl");
      if (pickle.bytes.size() > kMostPickle) refuse("its pickle has more than 64 MB");
      if (!matchesCrc(pickle)) refuse("the check sum of data.pkl is wrong: the file is damaged");
      content.root = readPickle(pickle.bytes, content.arena).root;
      content.unverified = attachRecords(content.arena, records);
      content.verified.assign(content.unverified.size(), false);
    } else if (looksLikeLegacy(bytes)) {
      content.container = Container::Legacy;
      content.root = readLegacy(bytes, content.arena);
    } else {
      refuse("it begins neither as a zip archive nor as a pickle of torch.save");
    }
  } catch (const Error& error) {
    throw Error(ErrorKind::Checkpoint, name + " can't be read as a PyTorch file: " + error.what());
  }
  return file;
}

PthFile::Container PthFile::container() const {
  return content_->container;
}
const std::string& PthFile::path() const {
  return content_->path;
}
const PickleNode& PthFile::root() const {
  return *content_->root;
}

StridedView PthFile::layout(const PickleNode& node) const {
  if (node.kind != PickleKind::Tensor) throw Error(ErrorKind::Internal, "a " + describeKind(node) + " is no tensor");
  const PthTensor& tensor = content_->arena.tensors[static_cast<std::size_t>(node.integer)];
  return {tensor.type, tensor.shape, tensor.strides, {}};
}

StridedView PthFile::tensor(const PickleNode& node) const {
  StridedView view = layout(node);
  const PthTensor& tensor = content_->arena.tensors[static_cast<std::size_t>(node.integer)];
  const std::size_t index = tensor.storage;
  if (index < content_->verified.size() && !content_->verified[index]) {
    const ZipEntry& entry = content_->unverified[index];
    if (!matchesCrc(entry)) {
      throw Error(ErrorKind::Checkpoint, content_->path + " can't be read as a PyTorch file: the check sum of " +
                                             std::string(entry.name) + " is wrong: the file is damaged");
    }
    content_->verified[index] = true;
  }
  const auto begin = static_cast<std::size_t>(tensor.offset) * byteSize(tensor.type);
  view.bytes = content_->arena.storages[index].bytes.subspan(begin);
  return view;
}

bool PthFile::looksLikeOne(std::span<const std::byte> bytes) {
  return looksLikeZip(bytes) || looksLikeLegacy(bytes);
}

}  // namespace slab
