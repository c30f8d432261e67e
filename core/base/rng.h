// Counter-based random numbers: a value depends on its keys alone, never on call order, so loaders,
// drop path and resume agree bit for bit whatever the thread that asks.
#pragma once

#include <cstdint>

namespace slab {

/// SplitMix64's finaliser (Steele, Lea and Flood, 2014): a bijection with full avalanche.
constexpr std::uint64_t mix64(std::uint64_t x) {
  x += 0x9E3779B97F4A7C15ULL;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
  return x ^ (x >> 31);
}

/// A hash of up to four keys, e.g. (seed, epoch, sample index, purpose).
constexpr std::uint64_t hashKeys(std::uint64_t a, std::uint64_t b = 0, std::uint64_t c = 0, std::uint64_t d = 0) {
  return mix64(mix64(mix64(mix64(a) ^ b) ^ c) ^ d);
}

/// Uniform in [0, 1) with 53 random bits.
constexpr double uniform01(std::uint64_t bits) { return static_cast<double>(bits >> 11) * 0x1.0p-53; }

/// A small stream over `hashKeys`: copyable, two words of state.
class Random {
 public:
  explicit constexpr Random(std::uint64_t key) : key_(key) {}
  constexpr std::uint64_t next() { return mix64(key_ ^ (0xD1342543DE82EF95ULL * ++counter_)); }
  constexpr double uniform() { return uniform01(next()); }
  /// Uniform in [0, bound), bound > 0; the bias of at most bound / 2^64 is ignored.
  constexpr std::uint64_t below(std::uint64_t bound) {
    return static_cast<std::uint64_t>((static_cast<Wide>(next()) * bound) >> 64);
  }

 private:
  __extension__ using Wide = unsigned __int128;
  std::uint64_t key_;
  std::uint64_t counter_ = 0;
};

}  // namespace slab
