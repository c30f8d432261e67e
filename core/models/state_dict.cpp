#include "core/models/state_dict.h"

#include <torch/utils.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "core/base/error.h"

namespace slab {
namespace {

std::string_view lastComponent(std::string_view key) {
  const auto dot = key.rfind('.');
  return dot == std::string_view::npos ? key : key.substr(dot + 1);
}

template <std::size_t N>
bool isOneOf(std::string_view name, const std::array<std::string_view, N>& names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

constexpr std::array<std::string_view, 2> kDerived{"relative_position_index", "attn_mask"};
constexpr std::array<std::string_view, 2> kRemaining{"warm", "iter"};
constexpr std::array<std::string_view, 2> kOtherCounters{"num_batches_tracked", "total_step"};

bool isRemaining(const std::string& key) {
  return isOneOf(lastComponent(key), kRemaining);
}
bool isOptional(const std::string& key) {
  return isDerived(key) || isRemaining(key) || isOneOf(lastComponent(key), kOtherCounters);
}

void collect(const torch::nn::Module& module, const std::string& prefix, StateDict& into) {
  for (const auto& item : module.named_parameters(/*recurse=*/false)) {
    into.insert(prefix + item.key(), item.value().detach());
  }
  for (const auto& item : module.named_buffers(/*recurse=*/false)) into.insert(prefix + item.key(), item.value());
  for (const auto& child : module.named_children()) collect(*child.value(), prefix + child.key() + ".", into);
}

// A reference file may hold a scalar as shape () or (1).
bool fits(const at::Tensor& expected, const at::Tensor& found) {
  if (expected.dim() == 0) return found.numel() == 1;
  return expected.sizes() == found.sizes();
}

LoadReport compare(const StateDict& own, const StateDict& values) {
  LoadReport report;
  for (const auto& item : own) {
    const at::Tensor* found = values.find(item.key());
    if (!found) {
      (isOptional(item.key()) ? report.regenerated : report.missing).push_back(item.key());
    } else if (!isDerived(item.key()) && !fits(item.value(), *found)) {
      report.shapeMismatches.push_back({item.key(), item.value().sizes().vec(), found->sizes().vec()});
    } else {
      report.matched.push_back(item.key());
    }
  }
  for (const auto& item : values) {
    if (!own.contains(item.key()) && !isDerived(item.key())) report.unexpected.push_back(item.key());
  }
  return report;
}

void copyValues(const StateDict& own, const StateDict& values, LoadReport& report) {
  const torch::NoGradGuard noGrad;
  for (const auto& item : own) {
    at::Tensor target = item.value();
    if (isDerived(item.key())) continue;
    if (const at::Tensor* found = values.find(item.key())) {
      target.copy_(found->reshape(target.sizes()));
    } else if (isRemaining(item.key())) {
      target.zero_();
    }
    if (!isRemaining(item.key())) continue;
    auto& remaining = lastComponent(item.key()) == "warm" ? report.warmRemaining : report.iterRemaining;
    remaining = std::max(remaining, target.item<std::int64_t>());
  }
}

std::string shapeText(const std::vector<std::int64_t>& shape) {
  std::string text;
  for (const auto size : shape) text += (text.empty() ? "" : "x") + std::to_string(size);
  return text.empty() ? "scalar" : text;
}

std::string firstKeys(const std::vector<std::string>& keys) {
  constexpr std::size_t kShown = 3;
  std::string text;
  for (std::size_t i = 0; i < std::min(keys.size(), kShown); ++i) text += (i ? ", " : "") + keys[i];
  return keys.size() > kShown ? text + ", ..." : text;
}

std::string counted(const char* what, const std::vector<std::string>& keys) {
  return std::to_string(keys.size()) + " " + what + " (" + firstKeys(keys) + ")";
}

std::string mismatchText(const ShapeMismatch& m) {
  return m.key + ": " + shapeText(m.found) + " in the file, " + shapeText(m.expected) + " in the model";
}

}  // namespace

bool isDerived(std::string_view key) {
  return isOneOf(lastComponent(key), kDerived);
}

StateDict stateDict(const torch::nn::Module& model) {
  StateDict values;
  collect(model, "", values);
  return values;
}

LoadReport loadStateDict(torch::nn::Module& model, const StateDict& values) {
  const StateDict own = stateDict(model);
  LoadReport report = compare(own, values);
  if (report.isComplete()) copyValues(own, values, report);
  return report;
}

std::string LoadReport::problems() const {
  std::string text;
  for (const auto& key : missing) text += "missing: " + key + "\n";
  for (const auto& key : unexpected) text += "unexpected: " + key + "\n";
  for (const auto& mismatch : shapeMismatches) text += "shape of " + mismatchText(mismatch) + "\n";
  return text;
}

void requireMatch(const LoadReport& report, const std::string& source, const std::string& modelName) {
  if (report.isComplete()) return;
  std::vector<std::string> parts;
  if (!report.missing.empty()) parts.push_back(counted("keys missing", report.missing));
  if (!report.unexpected.empty()) parts.push_back(counted("keys the model does not have", report.unexpected));
  if (!report.shapeMismatches.empty()) {
    parts.push_back(std::to_string(report.shapeMismatches.size()) + " shapes that differ (" +
                    mismatchText(report.shapeMismatches.front()) + ")");
  }
  std::string text;
  for (const auto& part : parts) text += (text.empty() ? "" : "; ") + part;
  throw Error(ErrorKind::Checkpoint, source + " does not fit model " + modelName + ": " + text +
                                         ". Name the model the weights were made with, or its model.* settings.");
}

}  // namespace slab
