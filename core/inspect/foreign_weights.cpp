#include "core/inspect/foreign_weights.h"

#include <torch/torch.h>

#include <array>
#include <filesystem>
#include <optional>
#include <unordered_set>

#include "core/base/error.h"
#include "core/base/format.h"
#include "core/formats/mapped_file.h"
#include "core/formats/pth/pth_file.h"
#include "core/formats/safetensors.h"
#include "core/train/tensor_files.h"

namespace slab::inspect {

struct ForeignWeights::Content {
  std::string path, format, part;
  std::vector<std::string> parts;
  std::vector<ForeignTensor> tensors;
  std::map<std::string, std::string> notes;
  ModelHints hints;
  // One of the two; the nodes belong to the first.
  std::optional<PthFile> pth;
  std::vector<const PickleNode*> nodes;
  std::optional<SafetensorsFile> safetensors;
};

namespace {

constexpr std::array<const char*, 7> kParts{"model",     "state_dict", "model_state_dict", "net", "state_dict_ema",
                                            "model_ema", "ema"};

[[noreturn]] void refuse(const std::string& path, const std::string& what) {
  throw Error(ErrorKind::Checkpoint, path + " " + what);
}

std::string withoutWrappers(std::string_view name) {
  for (bool changed = true; changed;) {
    changed = false;
    for (const std::string_view prefix : {"module.", "_orig_mod."}) {
      if (!name.starts_with(prefix)) continue;
      name.remove_prefix(prefix.size());
      changed = true;
    }
  }
  return std::string(name);
}

bool holdsTensors(const PickleNode& node) {
  const auto entries = dictEntries(node);
  for (std::size_t i = 0; i + 1 < entries.size(); i += 2) {
    if (entries[i]->kind == PickleKind::Text && entries[i + 1]->kind == PickleKind::Tensor) return true;
  }
  return false;
}

std::vector<std::string> partsOf(const PickleNode& root) {
  std::vector<std::string> parts;
  for (const char* name : kParts) {
    const PickleNode* found = findItem(root, name);
    if (found && holdsTensors(*found)) parts.emplace_back(name);
  }
  if (holdsTensors(root)) parts.emplace_back("");
  return parts;
}

std::string noWeightsText(const PickleNode& root) {
  for (const char* name : kParts) {
    const PickleNode* found = findItem(root, name);
    if (!found || found->kind != PickleKind::Object) continue;
    return "holds a whole " + describeKind(*found) + " object under '" + name +
           "', whose code only Python has; save its state_dict() with torch.save";
  }
  if (root.kind == PickleKind::Object) {
    return "holds a whole " + describeKind(root) +
           " object, whose code only Python has; save its state_dict() with torch.save";
  }
  return "holds no weights: there is no dict of tensors at its top nor under 'model' or 'state_dict'";
}

// ---- what stands beside the weights

std::map<std::string, std::string> notesOf(const PickleNode& root) {
  constexpr std::size_t kLongest = 200, kMost = 64;
  std::map<std::string, std::string> notes;
  const auto entries = dictEntries(root);
  for (std::size_t i = 0; i + 1 < entries.size() && notes.size() < kMost; i += 2) {
    const auto key = asText(entries[i]);
    const PickleNode* value = entries[i + 1];
    if (!key || key->size() > kLongest || value->kind == PickleKind::Tensor) continue;
    if (const auto text = asText(value)) {
      if (text->size() <= kLongest) notes[*key] = *text;
    } else if (const auto integer = asInteger(value)) {
      notes[*key] = std::to_string(*integer);
    } else if (const auto number = asNumber(value)) {
      notes[*key] = formatNumber(*number, 6);
    }
  }
  return notes;
}

const PickleNode* at(const PickleNode& node, std::initializer_list<std::string_view> path) {
  return findPath(node, std::span(path.begin(), path.size()));
}

std::vector<std::int64_t> integersOf(const PickleNode* node) {
  std::vector<std::int64_t> values;
  if (!node || (node->kind != PickleKind::List && node->kind != PickleKind::Tuple)) return values;
  for (const auto* item : node->items) {
    const auto value = asInteger(item);
    if (!value) return {};
    values.push_back(*value);
  }
  return values;
}

// The keys of the reference's yacs configuration, and the options of DeiT's main.py.
ModelHints hintsOf(const PickleNode& root) {
  ModelHints hints;
  if (const PickleNode* config = findItem(root, "config")) {
    hints.imageSize = asInteger(at(*config, {"DATA", "IMG_SIZE"}));
    hints.dropPath = asNumber(at(*config, {"MODEL", "DROP_PATH_RATE"}));
    hints.type = asText(at(*config, {"MODEL", "TYPE"})).value_or("");
    for (const std::string_view family : {"SWIN", "CSWIN", "PVT"}) {
      if (hints.heads.empty()) hints.heads = integersOf(at(*config, {"MODEL", family, "NUM_HEADS"}));
    }
  }
  if (const PickleNode* options = findItem(root, "args")) {
    if (!hints.imageSize) hints.imageSize = asInteger(findItem(*options, "input_size"));
    if (!hints.dropPath) hints.dropPath = asNumber(findItem(*options, "drop_path"));
    if (hints.type.empty()) hints.type = asText(findItem(*options, "model")).value_or("");
  }
  if (hints.dropPath && !(*hints.dropPath >= 0 && *hints.dropPath < 1)) hints.dropPath.reset();
  return hints;
}

// ---- tensors

void checkTensors(const std::vector<ForeignTensor>& tensors, const std::string& path) {
  constexpr std::uint64_t kSlack = std::uint64_t{64} << 20;
  std::unordered_set<std::string_view> names;
  std::uint64_t total = 0;
  for (const auto& tensor : tensors) {
    if (!names.insert(tensor.name).second) refuse(path, "names the tensor " + tensor.name + " twice");
    total += static_cast<std::uint64_t>(byteCount(tensor.shape, tensor.type).value_or(0));
  }
  std::error_code ignored;
  const auto size = std::filesystem::file_size(path, ignored);
  if (total <= size + kSlack) return;
  refuse(path, "claims " + formatBytes(static_cast<double>(total)) + " of tensors in a file of " +
                   formatBytes(static_cast<double>(size)) + ": its tensors share their bytes");
}

std::string listed(const std::vector<std::string>& parts) {
  std::string text;
  for (const auto& part : parts) text += (text.empty() ? "'" : ", '") + part + "'";
  return text;
}

}  // namespace

ForeignWeights ForeignWeights::open(const std::string& path, const std::string& part) {
  auto content = std::make_shared<Content>();
  content->path = path;
  if (PthFile::looksLikeOne(MappedFile(path).bytes())) {
    content->pth = PthFile::open(path);
    const PickleNode& root = content->pth->root();
    content->format = content->pth->container() == PthFile::Container::Zip ? "PyTorch zip" : "PyTorch legacy";
    content->parts = partsOf(root);
    if (content->parts.empty()) refuse(path, noWeightsText(root));
    content->notes = notesOf(root);
    content->hints = hintsOf(root);
    content->part = part.empty() ? content->parts.front() : part;
    if (std::find(content->parts.begin(), content->parts.end(), content->part) == content->parts.end()) {
      throw Error(ErrorKind::Config, path + " holds no weights under '" + part + "'; it has " + listed(content->parts));
    }
    const auto entries = dictEntries(content->part.empty() ? root : *findItem(root, content->part));
    for (std::size_t i = 0; i + 1 < entries.size(); i += 2) {
      if (entries[i]->kind != PickleKind::Text || entries[i + 1]->kind != PickleKind::Tensor) continue;
      const StridedView layout = content->pth->layout(*entries[i + 1]);
      content->tensors.push_back({withoutWrappers(entries[i]->text), layout.type, layout.shape, content->nodes.size()});
      content->nodes.push_back(entries[i + 1]);
    }
  } else {
    content->safetensors = SafetensorsFile::open(path);
    content->format = "safetensors";
    content->parts = {""};
    for (const auto& [key, value] : content->safetensors->metadata()) content->notes[key] = value;
    for (const auto& view : content->safetensors->tensors()) {
      content->tensors.push_back({withoutWrappers(view.name), view.type, view.shape, content->tensors.size()});
    }
    if (content->tensors.empty()) refuse(path, "holds no tensors");
  }
  checkTensors(content->tensors, path);
  ForeignWeights weights;
  weights.content_ = std::move(content);
  return weights;
}

const std::string& ForeignWeights::path() const {
  return content_->path;
}
const std::string& ForeignWeights::format() const {
  return content_->format;
}
const std::string& ForeignWeights::part() const {
  return content_->part;
}
const std::vector<std::string>& ForeignWeights::parts() const {
  return content_->parts;
}
const std::vector<ForeignTensor>& ForeignWeights::tensors() const {
  return content_->tensors;
}
const std::map<std::string, std::string>& ForeignWeights::notes() const {
  return content_->notes;
}
const ModelHints& ForeignWeights::hints() const {
  return content_->hints;
}

at::Tensor ForeignWeights::read(const ForeignTensor& tensor) const {
  if (content_->safetensors) return train::toTensor(content_->safetensors->tensors()[tensor.index]);
  const StridedView view = content_->pth->tensor(*content_->nodes[tensor.index]);
  // The bytes of a contiguous tensor are where safetensors would have them; others are put in order first.
  std::vector<std::byte> ordered;
  const auto size = static_cast<std::size_t>(byteCount(view.shape, view.type).value());
  if (!view.isContiguous()) {
    ordered.resize(size);
    copyElements(view, ordered);
  }
  const auto bytes = view.isContiguous() ? view.bytes.first(size) : std::span<const std::byte>(ordered);
  return train::toTensor({tensor.name, view.type, view.shape, bytes, 0});
}

}  // namespace slab::inspect
