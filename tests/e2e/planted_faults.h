// An image folder full of planted faults, each one a fault by construction, among images that must work.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

namespace slab::testing {

/// Kind of the fault (core/formats/image_fault.h) by path. 1,000 of them, over two classes, train/a and train/b.
///
/// What can be planted is what a decoder can see: a JPEG's bits have no checksum, so that many a flipped bit in its
/// coded pixels is another picture and no fault. JPEGs are therefore damaged where libjpeg notices it (cut anywhere,
/// an end marker or a bad table inside), PNGs anywhere.
using PlantedFaults = std::map<std::string, std::string>;
PlantedFaults plantFaults(const std::filesystem::path& root);

/// Images that must work, in both classes: grey, RGB, CMYK, progressive, alpha, PNG under a JPEG's name. How many.
std::int64_t plantGoodImages(const std::filesystem::path& root);

/// JPEGs with one bit of the coded pixels flipped, of which some decode and some do not. How many.
std::int64_t plantFlippedBits(const std::filesystem::path& root);

}  // namespace slab::testing
