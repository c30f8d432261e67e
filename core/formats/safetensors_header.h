// The JSON header of a safetensors file, read strictly and without building a document.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/formats/element_type.h"

namespace slab {

/// One tensor as the header describes it; `begin` and `end` count from the start of the data.
struct SafetensorsEntry {
  std::string name;
  ElementType type = ElementType::F32;
  std::vector<std::int64_t> shape;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

struct SafetensorsHeader {
  std::vector<SafetensorsEntry> entries;
  std::vector<std::pair<std::string, std::string>> metadata;
};

/// Syntax only: whether sizes and offsets make sense is for the caller. Throws Error(Checkpoint)
/// that names the tensor or the byte of the file, without the path.
SafetensorsHeader parseSafetensorsHeader(std::span<const std::byte> json);

}  // namespace slab
