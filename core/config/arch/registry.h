// Every model by name: family, size, norm, attention and dimensions. Needs no torch, so that the form
// and the help know it too.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/model_config.h"

namespace slab {

struct RegistryEntry {
  std::string name;
  Family family;
  std::string size;  // "t", "b", "b0"
  ModelConfig config;
};

/// All names, explicit, in the order of the documentation. A name occurs once.
const std::vector<RegistryEntry>& registry();

/// nullptr where the name is unknown.
const RegistryEntry* findModel(std::string_view name);

/// The entry's configuration; Error(Config) with the nearest name where it is unknown.
ModelConfig modelByName(std::string_view name);

/// The names of one family and size with the given norm and attention letters, if there is one:
/// what the form's family, size and norm buttons pick. `attention` is one letter (S, L, F).
std::optional<std::string> nameFor(Family family, std::string_view size, NormKind norm, char attention);

}  // namespace slab
