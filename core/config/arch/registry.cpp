#include "core/config/arch/registry.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/base/format.h"

namespace slab {
namespace {

// Dimensions of one size of a family.
struct Size {
  const char* label;
  std::int64_t embedDim;
  std::vector<std::int64_t> depths;
  std::vector<std::int64_t> heads;
  double dropPath;        // of the plain model and of SLAB
  double prepbnDropPath;  // of the softmax model with (P)RepBN
};

ModelConfig baseConfig(const Size& size, std::int64_t patchSize) {
  ModelConfig config;
  config.patchSize = patchSize;
  config.embedDim = size.embedDim;
  config.depths = size.depths;
  config.heads = size.heads;
  config.dropPath = size.dropPath;
  return config;
}

class Builder {
 public:
  std::vector<RegistryEntry> entries;

  void add(std::string name, Family family, const char* size, ModelConfig config, NormKind norm, const char* attention,
           std::int64_t window) {
    config.name = name;
    config.norm = norm;
    config.attention = attention;
    config.window = window;
    entries.push_back({std::move(name), family, size, std::move(config)});
  }
};

// Swin-T/S/B (Liu et al., 2021); window 7 for softmax, 56 (stages 1 and 2) for linear attention.
void addSwin(Builder& builder) {
  const std::vector<Size> sizes{{"t", 96, {2, 2, 6, 2}, {3, 6, 12, 24}, 0.2, 0.1},
                                {"s", 96, {2, 2, 18, 2}, {3, 6, 12, 24}, 0.3, 0.3},
                                {"b", 128, {2, 2, 18, 2}, {4, 8, 16, 32}, 0.5, 0.5}};
  for (const auto& size : sizes) {
    const ModelConfig plain = baseConfig(size, 4);
    ModelConfig softmax = plain;
    softmax.dropPath = size.prepbnDropPath;
    const std::string tail = std::string("swin_") + size.label;
    builder.add(tail, Family::Swin, size.label, plain, NormKind::LayerNorm, "SSSS", 7);
    builder.add(tail + "_prepbn", Family::Swin, size.label, softmax, NormKind::RepBn, "SSSS", 7);
    builder.add(tail + "_prepbn_linearnorm", Family::Swin, size.label, softmax, NormKind::PrepBn, "SSSS", 7);
    builder.add("slab_" + tail, Family::Swin, size.label, plain, NormKind::PrepBn, "LLSS", 56);
    builder.add("flatten_" + tail, Family::Swin, size.label, plain, NormKind::LayerNorm, "FFSS", 56);
  }
}

// DeiT-T/S/B (Touvron et al., 2021).
void addDeit(Builder& builder) {
  const std::vector<Size> sizes{
      {"t", 192, {12}, {3}, 0.0, 0.0}, {"s", 384, {12}, {6}, 0.0, 0.0}, {"b", 768, {12}, {12}, 0.0, 0.0}};
  for (const auto& size : sizes) {
    const ModelConfig config = baseConfig(size, 16);
    const std::string tail = std::string("deit_") + size.label;
    builder.add(tail, Family::DeiT, size.label, config, NormKind::LayerNorm, "S", 0);
    if (std::string_view(size.label) == "t") {
      builder.add(tail + "_prepbn", Family::DeiT, size.label, config, NormKind::RepBn, "S", 0);
      builder.add(tail + "_prepbn_linearnorm", Family::DeiT, size.label, config, NormKind::PrepBn, "S", 0);
    } else {
      builder.add(tail + "_prepbn", Family::DeiT, size.label, config, NormKind::PrepBn, "S", 0);
    }
    builder.add("slab_" + tail, Family::DeiT, size.label, config, NormKind::PrepBn, "L", 0);
  }
}

// All stages with one attention, the window always the grid.
void addPvtKinds(Builder& builder, Family family, const std::string& tail, const char* size, const ModelConfig& plain) {
  builder.add(tail, family, size, plain, NormKind::LayerNorm, "SSSS", 0);
  builder.add(tail + "_prepbn", family, size, plain, NormKind::PrepBn, "SSSS", 0);
  builder.add("slab_" + tail, family, size, plain, NormKind::PrepBn, "LLLL", 0);
  builder.add("flatten_" + tail, family, size, plain, NormKind::LayerNorm, "FFFF", 0);
}

// PVT (Wang et al., 2021) and PVTv2 (2022); widths 1, 2, 5, 8 times embedDim.
void addPvt(Builder& builder) {
  const std::vector<std::int64_t> heads{1, 2, 5, 8};
  const std::vector<Size> v1{{"t", 64, {2, 2, 2, 2}, heads, 0.0, 0.0},
                             {"s", 64, {3, 4, 6, 3}, heads, 0.1, 0.1},
                             {"m", 64, {3, 4, 18, 3}, heads, 0.3, 0.3},
                             {"l", 64, {3, 8, 27, 3}, heads, 0.3, 0.3}};
  for (const auto& size : v1) {
    ModelConfig config = baseConfig(size, 4);
    config.mlpRatio = {8, 8, 4, 4};
    addPvtKinds(builder, Family::Pvt, std::string("pvt_") + size.label, size.label, config);
  }
  const std::vector<Size> v2{{"b0", 32, {2, 2, 2, 2}, heads, 0.1, 0.1},  {"b1", 64, {2, 2, 2, 2}, heads, 0.1, 0.1},
                             {"b2", 64, {3, 4, 6, 3}, heads, 0.1, 0.1},  {"b3", 64, {3, 4, 18, 3}, heads, 0.3, 0.3},
                             {"b4", 64, {3, 8, 27, 3}, heads, 0.3, 0.3}, {"b5", 64, {3, 6, 40, 3}, heads, 0.3, 0.3}};
  for (const auto& size : v2) {
    ModelConfig config = baseConfig(size, 4);
    config.mlpRatio =
        std::string_view(size.label) == "b5" ? std::vector<double>{4, 4, 4, 4} : std::vector<double>{8, 8, 4, 4};
    addPvtKinds(builder, Family::PvtV2, std::string("pvt_v2_") + size.label, size.label, config);
  }
}

// CSWin-T/S (Dong et al., 2022).
void addCswin(Builder& builder) {
  const std::vector<Size> sizes{{"t", 64, {2, 4, 18, 1}, {2, 4, 8, 16}, 0.1, 0.1},
                                {"s", 64, {2, 4, 32, 2}, {2, 4, 8, 16}, 0.3, 0.3}};
  for (const auto& size : sizes) {
    const ModelConfig config = baseConfig(size, 4);
    const std::string tail = std::string("cswin_") + size.label;
    builder.add(tail, Family::CSwin, size.label, config, NormKind::LayerNorm, "SSSS", 7);
    builder.add(tail + "_prepbn", Family::CSwin, size.label, config, NormKind::PrepBn, "SSSS", 7);
    builder.add("slab_" + tail, Family::CSwin, size.label, config, NormKind::PrepBn, "LLSS", 56);
    builder.add("flatten_" + tail, Family::CSwin, size.label, config, NormKind::LayerNorm, "FFSS", 56);
  }
}

std::vector<RegistryEntry> makeRegistry() {
  Builder builder;
  addDeit(builder);
  addSwin(builder);
  addPvt(builder);
  addCswin(builder);
  return std::move(builder.entries);
}

}  // namespace

const std::vector<RegistryEntry>& registry() {
  static const std::vector<RegistryEntry> entries = makeRegistry();
  return entries;
}

const RegistryEntry* findModel(std::string_view name) {
  const auto& entries = registry();
  const auto found = std::find_if(entries.begin(), entries.end(), [&](const auto& e) { return e.name == name; });
  return found == entries.end() ? nullptr : &*found;
}

ModelConfig modelByName(std::string_view name) {
  if (const auto* entry = findModel(name)) return entry->config;
  std::vector<std::string> names;
  for (const auto& entry : registry()) names.push_back(entry.name);
  const std::string near = nearestName(name, names);
  throw Error(ErrorKind::Config, "There is no model named '" + std::string(name) + "'" +
                                     (near.empty() ? "" : "; did you mean '" + near + "'?") +
                                     " `slab model list` shows all names.");
}

std::optional<std::string> nameFor(Family family, std::string_view size, NormKind norm, char attention) {
  for (const auto& entry : registry()) {
    if (entry.family == family && entry.size == size && entry.config.norm == norm &&
        entry.config.attention.front() == attention) {
      return entry.name;
    }
  }
  return std::nullopt;
}

}  // namespace slab
