#include "core/config/model_config.h"

#include <algorithm>
#include <array>

#include "core/config/arch/registry.h"

namespace slab {

Family ModelConfig::family() const {
  const auto* entry = findModel(name);
  return entry ? entry->family : Family::Swin;
}

char ModelConfig::attentionOf(std::size_t stage) const {
  const std::size_t letters = attention.find_last_not_of("0123456789") + 1;  // "MMMM2" has four
  if (letters == 0) return 'S';
  return letters == 1 ? attention[0] : attention[std::min(stage, letters - 1)];
}

double ModelConfig::mlpRatioOf(std::size_t stage) const {
  if (mlpRatio.empty()) return 4.0;
  return mlpRatio.size() == 1 ? mlpRatio[0] : mlpRatio[stage < mlpRatio.size() ? stage : mlpRatio.size() - 1];
}

std::int64_t ModelConfig::widthOf(std::size_t stage) const {
  const Family f = family();
  if (f == Family::Pvt || f == Family::PvtV2) {
    static constexpr std::array<std::int64_t, 4> kFactors{1, 2, 5, 8};
    return embedDim * kFactors[stage < kFactors.size() ? stage : kFactors.size() - 1];
  }
  return embedDim << stage;
}

std::string_view toString(Family family) {
  switch (family) {
    case Family::DeiT: return "DeiT";
    case Family::Swin: return "Swin";
    case Family::Pvt: return "PVT";
    case Family::PvtV2: return "PVTv2";
    case Family::CSwin: return "CSWin";
  }
  return "";
}

double layerNormEps(Family family) {
  return family == Family::Swin || family == Family::CSwin ? 1e-5 : 1e-6;
}

}  // namespace slab
