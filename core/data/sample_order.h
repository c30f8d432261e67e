// The order of the samples in each epoch.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "core/base/rng.h"

namespace slab::data {

/// Position in an epoch -> number of the sample: the identity, or a permutation drawn from (seed,
/// epoch) alone. Any thread may ask; the last two epochs are kept, since prefetching runs ahead.
class SampleOrder {
 public:
  using Permutation = std::shared_ptr<const std::vector<std::int64_t>>;

  SampleOrder(std::int64_t size, bool shuffle, std::uint64_t seed) : size_(size), shuffle_(shuffle), seed_(seed) {}

  [[nodiscard]] Permutation ofEpoch(std::int64_t epoch);

 private:
  [[nodiscard]] Permutation draw(std::int64_t epoch) const;

  struct Kept {
    std::int64_t epoch = -1;
    Permutation order;
  };

  std::int64_t size_;
  bool shuffle_;
  std::uint64_t seed_;
  std::mutex mutex_;
  std::array<Kept, 2> kept_;
};

/// The stream of one sample's augmentation.
inline Random sampleStream(std::uint64_t seed, std::int64_t epoch, std::int64_t index) {
  constexpr std::uint64_t kPurpose = 2;
  return Random(hashKeys(seed, static_cast<std::uint64_t>(epoch), static_cast<std::uint64_t>(index), kPurpose));
}

}  // namespace slab::data
