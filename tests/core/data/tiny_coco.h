// A data set in COCO's format of a few small images, for tests of detectors.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace slab::testing {

/// What tiny sets have in common: categories of these ids, in an order that is not theirs.
inline const std::vector<std::int64_t> kTinyCategories{5, 2, 9};

/// Writes `folder`/annotations/instances_train.json and instances_val.json, and the images they name as PNG in
/// `folder`/train and `folder`/val: `train` and `val` of them, 64 x 48 or 48 x 64 pixels, one to three bright
/// rectangles (category 2), diamonds (5) or frames with a hole (9) on a dark ground. Boxes are whole pixels; masks are
/// polygons but for the frames, which are run lengths. Every fifth image has a crowd as well.
void writeTinyCoco(const std::filesystem::path& folder, std::int64_t train, std::int64_t val);

nlohmann::ordered_json readJson(const std::filesystem::path& file);
void writeJson(const std::filesystem::path& file, const nlohmann::ordered_json& json);

}  // namespace slab::testing
