// Making a packed data set (core/formats/packed_index.h) of a folder of images.
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

namespace slab::data {

struct PackOptions {
  /// Larger images are resized until their shorter side has this many pixels (bicubic, antialiased); 0: none is.
  int shortSide = 0;
  /// Of the JPEGs that resized images become, 1 to 100.
  int quality = 90;
  /// Pixels instead of files: large, and nothing left to decode.
  bool raw = false;
  int workers = 2;
  std::uint64_t shardBytes = std::uint64_t{256} << 20;
  std::stop_token stop;
  /// From the calling thread, after every few images.
  std::function<void(std::int64_t done, std::int64_t total)> onProgress;
};

struct LeftOut {
  std::string name;
  std::string cause;
};

struct PackReport {
  std::int64_t train = 0, validation = 0;  // images packed
  std::int64_t resized = 0;
  std::uint64_t bytes = 0;
  bool complete = true;          // false: stopped, and nothing was left behind
  std::vector<LeftOut> leftOut;  // what could not be decoded
  double seconds = 0;
};

/// Packs both parts of the image folder `root` into the new folder `out`. Every image is decoded once; what can't be is
/// left out and named. What is not resized keeps its very bytes, so that training on it gives the same numbers as
/// training on `root`. Throws Error(Data) when `root` is no image folder, `out` is there already or can't be written,
/// or no image is left.
PackReport packImageFolder(const std::string& root, const std::string& out, const PackOptions& options);

}  // namespace slab::data
