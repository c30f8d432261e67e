// The data sets and masks of tests/oracles/make_coco.py, drawn from the same numbers in the same order.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/coco/polygon.h"

namespace slab::test {

struct SyntheticSet {
  nlohmann::json annotations;  // an annotation file
  nlohmann::json results;      // with box and mask
};

SyntheticSet drawSet(std::uint64_t number);

/// `results` without a field, as a file of results.
nlohmann::json without(nlohmann::json results, const std::string& field);

struct SyntheticMasks {
  std::uint32_t height = 0, width = 0;
  coco::Polygon first, second;
};

SyntheticMasks drawMasks(std::uint64_t number);

}  // namespace slab::test
