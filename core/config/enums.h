// The words of the enumerations, the same in files, on the command line and in the form.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/config/run_config.h"

namespace slab {

template <typename Enum>
struct EnumWords;

template <>
struct EnumWords<NormKind> {
  static constexpr std::array kTable{std::pair{NormKind::LayerNorm, "layer_norm"}, std::pair{NormKind::RepBn, "rep_bn"},
                                     std::pair{NormKind::PrepBn, "prep_bn"}};
};
template <>
struct EnumWords<DataType> {
  static constexpr std::array kTable{std::pair{DataType::FashionMnist, "fashion_mnist"},
                                     std::pair{DataType::ImageFolder, "image_folder"},
                                     std::pair{DataType::Coco, "coco"}, std::pair{DataType::Tensors, "tensors"}};
};
template <>
struct EnumWords<Augment> {
  static constexpr std::array kTable{std::pair{Augment::None, "none"}, std::pair{Augment::Flip, "flip"},
                                     std::pair{Augment::Light, "light"}, std::pair{Augment::Timm, "timm"},
                                     std::pair{Augment::MultiScale, "multi_scale"}};
};
template <>
struct EnumWords<Precision> {
  static constexpr std::array kTable{std::pair{Precision::Fp32, "fp32"}, std::pair{Precision::Bf16, "bf16"},
                                     std::pair{Precision::Fp16, "fp16"}};
};
template <>
struct EnumWords<LrScheduleKind> {
  static constexpr std::array kTable{
      std::pair{LrScheduleKind::Constant, "constant"}, std::pair{LrScheduleKind::WarmupCosine, "warmup_cosine"},
      std::pair{LrScheduleKind::TimmCosine, "timm_cosine"}, std::pair{LrScheduleKind::Step, "step"}};
};
template <>
struct EnumWords<DecayRule> {
  static constexpr std::array kTable{std::pair{DecayRule::Reference, "reference"}, std::pair{DecayRule::All, "all"}};
};

template <typename Enum>
std::string_view wordOf(Enum value) {
  for (const auto& [candidate, word] : EnumWords<Enum>::kTable) {
    if (candidate == value) return word;
  }
  return "";
}

template <typename Enum>
std::optional<Enum> fromWord(std::string_view text) {
  for (const auto& [candidate, word] : EnumWords<Enum>::kTable) {
    if (text == word) return candidate;
  }
  return std::nullopt;
}

template <typename Enum>
std::vector<std::string> wordsOf() {
  std::vector<std::string> words;
  for (const auto& entry : EnumWords<Enum>::kTable) words.emplace_back(entry.second);
  return words;
}

}  // namespace slab
