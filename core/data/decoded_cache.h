// Decoded images that stay in memory (data.cache = memory).
#pragma once

#include <cstdint>
#include <memory>

#include "core/data/dataset.h"

namespace slab::data {

/// Memory for the decoded images of one training's data sets. An image is kept as 8-bit pixels, in full,
/// from its first use on; workers share it and nobody writes to it.
///
/// An evaluation sees the same bits with and without. A training does where its crops are smaller than
/// twice the model's image; without a cache larger ones are decoded at a half or a quarter, which may
/// differ by a grey level or two (sample_source.h).
class DecodedCache {
 public:
  /// `budget` in bytes, for all data sets together.
  explicit DecodedCache(std::uint64_t budget) : left_(budget) {}

  /// The data set with its images kept; itself where its samples lie in memory anyway. The size is
  /// estimated from the headers of 256 of its images, and what does not fit after all is decoded each
  /// time. Throws Error(Config) naming both sizes when the estimate is above what is left of the budget.
  std::shared_ptr<const Dataset> over(std::shared_ptr<const Dataset> dataset);

 private:
  std::uint64_t left_;
};

/// Half of the memory that is available now: the rest is for the model, its batches and the page cache.
std::uint64_t decodedCacheBudget();

/// Bytes that the decoded images of a data set take, from the headers of up to 256 spread over it; damaged
/// ones count nothing.
std::uint64_t estimateDecodedBytes(const Dataset& dataset);

}  // namespace slab::data
