#include "core/inspect/fit_weights.h"

#include <torch/torch.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <unordered_map>
#include <unordered_set>

namespace slab::inspect {
namespace {

using Shape = std::vector<std::int64_t>;

// Of an alpha or a batch norm: "blocks.0.norm1.bn.weight" is {"blocks.0.norm1", "bn.weight"}.
struct RepBnKey {
  std::string norm, rest;
};

std::optional<RepBnKey> asRepBn(const std::string& key) {
  static constexpr std::array<std::string_view, 6> kRests{
      "alpha", "bn.weight", "bn.bias", "bn.running_mean", "bn.running_var", "bn.num_batches_tracked"};
  for (const auto rest : kRests) {
    if (key.size() <= rest.size() + 1 || !key.ends_with(rest) || key[key.size() - rest.size() - 1] != '.') continue;
    return RepBnKey{key.substr(0, key.size() - rest.size() - 1), std::string(rest)};
  }
  return std::nullopt;
}

constexpr std::string_view kBranch = ".norm2";

bool isDerived(std::string_view name) {
  return name == "relative_position_index" || name == "attn_mask";
}
bool isCounter(std::string_view name) {
  return name == "warm" || name == "iter" || name == "total_step" || name == "num_batches_tracked";
}

std::pair<std::string, std::string> splitLast(const std::string& key) {
  const auto dot = key.rfind('.');
  return dot == std::string::npos ? std::pair(std::string(), key) : std::pair(key.substr(0, dot), key.substr(dot + 1));
}

std::string_view lastOf(std::string_view key) {
  return key.substr(key.rfind('.') + 1);  // npos + 1 is 0
}

std::int64_t squareRoot(std::int64_t value) {
  const auto root =
      static_cast<std::int64_t>(std::llround(std::sqrt(static_cast<double>(std::max<std::int64_t>(value, 0)))));
  return root > 0 && root * root == value ? root : 0;
}

std::string squared(std::int64_t side) {
  return std::to_string(side) + " x " + std::to_string(side);
}

// ---- other resolutions

// (channels, side, side) to another side.
at::Tensor bicubic(const at::Tensor& maps, std::int64_t side) {
  return at::upsample_bicubic2d(maps.to(at::kFloat).unsqueeze(0), {side, side}, /*align_corners=*/false).squeeze(0);
}

struct Resized {
  at::Tensor value;
  std::string note;
};

// (1, leading + side^2, C): the leading tokens are kept.
std::optional<Resized> resizeTokens(const at::Tensor& value, const Shape& shape) {
  if (value.dim() != 3 || shape.size() != 3 || value.size(0) != 1 || value.size(2) != shape[2]) return std::nullopt;
  for (const std::int64_t leading : {0, 1}) {
    const std::int64_t from = squareRoot(value.size(1) - leading), to = squareRoot(shape[1] - leading);
    if (from == 0 || to == 0) continue;
    const at::Tensor grid = value.slice(1, leading).reshape({from, from, -1}).permute({2, 0, 1});
    const at::Tensor resized = bicubic(grid, to).permute({1, 2, 0}).reshape({1, to * to, -1});
    return Resized{at::cat({value.slice(1, 0, leading).to(at::kFloat), resized}, 1),
                   "bicubic, " + squared(from) + " to " + squared(to)};
  }
  return std::nullopt;
}

// ((2M - 1)^2, heads)
std::optional<Resized> resizeOffsets(const at::Tensor& value, const Shape& shape) {
  if (value.dim() != 2 || shape.size() != 2 || value.size(1) != shape[1]) return std::nullopt;
  const std::int64_t from = squareRoot(value.size(0)), to = squareRoot(shape[0]);
  if (from == 0 || to == 0) return std::nullopt;
  const at::Tensor table = value.t().reshape({-1, from, from});
  return Resized{bicubic(table, to).reshape({-1, to * to}).t().contiguous(),
                 "bicubic, " + squared(from) + " to " + squared(to)};
}

std::optional<Resized> resizedFor(const std::string& key, const at::Tensor& value, const Shape& shape) {
  const std::string_view name = lastOf(key);
  if (!value.is_floating_point()) return std::nullopt;
  if (name == "relative_position_bias_table") return resizeOffsets(value, shape);
  const bool isTokens = name == "positional_encoding" || name.starts_with("pos_embed");
  return isTokens ? resizeTokens(value, shape) : std::nullopt;
}

// ---- fitting

class Fitter {
 public:
  Fitter(const torch::nn::Module& model, const ForeignWeights& weights) : own_(stateDict(model)), weights_(weights) {
    for (const auto& tensor : weights.tensors()) byName_.emplace(tensor.name, &tensor);
  }

  FittedWeights run() {
    for (const auto& item : own_) fit(item.key(), item.value().sizes().vec());
    for (const auto& tensor : weights_.tensors()) {
      if (!used_.contains(tensor.name)) leftOver(tensor);
    }
    return std::move(result_);
  }

 private:
  [[nodiscard]] const ForeignTensor* find(const std::string& name) const {
    const auto found = byName_.find(name);
    return found == byName_.end() ? nullptr : found->second;
  }

  // The file's tensor in the other norm layout.
  [[nodiscard]] const ForeignTensor* inOtherLayout(const std::string& key) const {
    const auto split = asRepBn(key);
    if (!split) return nullptr;
    if (const auto* found = find(split->norm + std::string(kBranch) + "." + split->rest)) return found;
    if (!split->norm.ends_with(kBranch)) return nullptr;
    return find(split->norm.substr(0, split->norm.size() - kBranch.size()) + "." + split->rest);
  }

  // Whether the file has RepBN alone where the model's key belongs to a PRepBN.
  [[nodiscard]] bool isLayerNormBranch(const std::string& key) const {
    constexpr std::string_view kLayerNorm = ".norm1";
    const std::string norm = splitLast(key).first;
    return norm.ends_with(kLayerNorm) &&
           own_.contains(norm.substr(0, norm.size() - kLayerNorm.size()) + ".total_step") &&
           find(norm.substr(0, norm.size() - kLayerNorm.size()) + ".alpha") != nullptr;
  }

  void add(const std::string& key, const ForeignTensor* source, KeyFate fate, Shape shape, std::string note = "") {
    FittedKey row{key, "", fate, std::move(shape), {}, std::move(note)};
    if (source) {
      if (source->name != key) row.source = source->name;
      row.sourceShape = source->shape;
      used_.insert(source->name);
    }
    result_.keys.push_back(std::move(row));
  }

  void fit(const std::string& key, const Shape& shape) {
    const std::string_view name = lastOf(key);
    const ForeignTensor* source = find(key);
    if (isDerived(name)) return add(key, source, KeyFate::Made, shape, "from the configuration");
    const bool isRenamed = !source;
    if (isRenamed) source = inOtherLayout(key);
    if (source) return take(key, *source, isRenamed ? KeyFate::Renamed : KeyFate::Matched, shape);
    if (isCounter(name)) return add(key, nullptr, KeyFate::Made, shape, "the training is over");
    if (isLayerNormBranch(key)) {
      result_.values.insert(key, own_[key]);
      return add(key, nullptr, KeyFate::Made, shape, "LayerNorm's first value; lambda is 0");
    }
    add(key, nullptr, KeyFate::Missing, shape);
  }

  void take(const std::string& key, const ForeignTensor& source, KeyFate fate, const Shape& shape) {
    const bool isScalar = shape.empty() && elementCount(source.shape) == 1;
    at::Tensor value;
    std::string note;
    if (source.shape != shape && !isScalar) {
      const bool couldResize = source.shape.size() == shape.size() && shape.size() >= 2;
      const auto resized = couldResize ? resizedFor(key, weights_.read(source), shape) : std::nullopt;
      if (!resized) return add(key, &source, KeyFate::Misshapen, shape);
      value = resized->value;
      note = resized->note;
      fate = KeyFate::Resized;
    } else {
      value = weights_.read(source);
    }
    if (value.is_floating_point() && source.type != ElementType::F32) {
      note += (note.empty() ? "" : "; ") + std::string(toString(source.type)) + " to F32";
    }
    result_.values.insert(key, value);
    add(key, &source, fate, shape, std::move(note));
    countRemaining(source);
  }

  void countRemaining(const ForeignTensor& tensor) {
    const std::string_view name = lastOf(tensor.name);
    if ((name != "warm" && name != "iter") || elementCount(tensor.shape) != 1) return;
    result_.remainingSteps = std::max(result_.remainingSteps, weights_.read(tensor).item().toLong());
  }

  // Of a file's PRepBN where the model has RepBN alone.
  void leftOver(const ForeignTensor& tensor) {
    const auto [module, name] = splitLast(tensor.name);
    if (isDerived(name)) return add(tensor.name, &tensor, KeyFate::Ignored, {}, "derived from the configuration");
    // "<n>.iter" or "<n>.norm1.weight"; a block's own norm is called norm1 as well.
    const bool isInLayerNorm = !isCounter(name) && splitLast(module).second == "norm1";
    const std::string norm = isInLayerNorm ? splitLast(module).first : module;
    const bool isOver =
        own_.contains(norm + ".alpha") && !own_.contains(norm + ".total_step") && (isInLayerNorm || isCounter(name));
    if (!isOver) return add(tensor.name, &tensor, KeyFate::Unexpected, {});
    countRemaining(tensor);
    add(tensor.name, &tensor, KeyFate::Ignored, {}, "of the LayerNorm branch");
  }

  StateDict own_;
  const ForeignWeights& weights_;
  std::unordered_map<std::string, const ForeignTensor*> byName_;
  std::unordered_set<std::string> used_;
  FittedWeights result_;
};

}  // namespace

std::string_view toString(KeyFate fate) {
  static constexpr std::array<std::string_view, 8> kWords{"matched", "renamed", "resized",    "made",
                                                          "ignored", "missing", "unexpected", "misshapen"};
  return kWords[static_cast<std::size_t>(fate)];
}

std::vector<std::string> FittedWeights::withFate(KeyFate fate) const {
  std::vector<std::string> found;
  for (const auto& key : keys) {
    if (key.fate == fate) found.push_back(key.key);
  }
  return found;
}

FittedWeights fitWeights(const torch::nn::Module& model, const ForeignWeights& weights) {
  return Fitter(model, weights).run();
}

}  // namespace slab::inspect
