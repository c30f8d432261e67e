// The families of backbones as people write them, in the order of forms and menus.
#pragma once

#include <array>

#include "core/config/model_config.h"

namespace slab {

struct FamilyName {
  Family family;
  const char* name;
};

inline constexpr std::array kFamilyNames{FamilyName{Family::DeiT, "DeiT"}, FamilyName{Family::Pvt, "PVT"},
                                         FamilyName{Family::PvtV2, "PVTv2"}, FamilyName{Family::Swin, "Swin"},
                                         FamilyName{Family::CSwin, "CSwin"}};

}  // namespace slab
