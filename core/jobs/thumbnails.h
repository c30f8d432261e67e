// Small square pictures of samples, side by side in one array.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/wire/messages.h"

namespace slab::data {
class Dataset;
}

namespace slab::jobs {

/// Files are decoded in a sandboxed process that outlives the page; a sample that can't be decoded is grey and says
/// why. For one page at a time.
class Thumbnails {
 public:
  /// `side`: of each picture, pixels.
  explicit Thumbnails(int side);

  void addFile(const std::string& path, DatasetItem& item);
  void addSample(const data::Dataset& dataset, std::int64_t index, DatasetItem& item);
  /// u8 [items, side, side, 3].
  [[nodiscard]] WireArray array() const;

 private:
  std::uint8_t* next();

  int side_;
  std::int64_t count_ = 0;
  std::vector<std::uint8_t> pixels_;
};

}  // namespace slab::jobs
