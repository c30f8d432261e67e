// Every registry entry at a size that runs in milliseconds.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "core/config/arch/registry.h"

namespace slab {

/// Names a parameter of a test in its messages.
inline void PrintTo(const RegistryEntry& entry, std::ostream* out) {
  *out << entry.name;
}

}  // namespace slab

namespace slab::testing {

/// The entry's norm, attention and rules, with few channels, one or two blocks a stage and ten classes.
inline ModelConfig tinyConfig(const RegistryEntry& entry) {
  ModelConfig config = entry.config;
  config.embedDim = 16;
  config.inChannels = 2;
  config.classes = 10;
  config.dropPath = 0.2;
  if (entry.family == Family::DeiT) {
    config.imageSize = 20;
    config.patchSize = 5;
    config.depths = {2};
    config.heads = {2};
    return config;
  }
  if (entry.family == Family::Pvt || entry.family == Family::PvtV2) {
    // Grids of 16, 8, 4 and 2 tokens a side: keys on 2 x 2 in every stage.
    config.imageSize = 32;
    config.patchSize = 2;
    config.embedDim = 8;
    config.depths = {2, 1, 1, 2};
    config.mlpRatio = {2, 2, 2, 2};
    return config;
  }
  // Grids of 28, 14 and 7 tokens a side: four windows with a shift in the first two stages, one window
  // in the last.
  config.imageSize = 56;
  config.patchSize = 2;
  config.depths = {2, 2, 1};
  config.heads = {1, 2, 4};
  // CSWin's two branches share the heads: stripes of 7 or 14 in the first two stages, one branch in the last.
  if (entry.family == Family::CSwin) config.heads = {2, 4, 8};
  const char letter = config.attention.front();
  config.attention = letter + std::string("SS");
  config.window = letter == 'S' ? 7 : 14;
  return config;
}

}  // namespace slab::testing
