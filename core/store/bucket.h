// Min/max buckets: how a long series is drawn without losing a one-sample spike.
#pragma once

#include <cstdint>
#include <vector>

namespace slab {

enum class NonFiniteKind { NaN, PlusInf, MinusInf };

/// Whether the value is a non-finite one of that kind.
bool isOfKind(double value, NonFiniteKind kind);

/// Points a bucket of level 0 spans, and buckets of a level that one of the next spans. Level k spans
/// kBucketFan^(k+1) points, in run.db as in memory.
inline constexpr std::int64_t kBucketFan = 64;

/// A summary of consecutive points. Without a finite point `minimum` is +inf and `maximum` -inf.
/// Indices count from the bucket's first point.
struct Bucket {
  double minimum;
  double maximum;
  std::uint32_t minimumIndex;
  std::uint32_t maximumIndex;
  std::uint32_t nanCount;
  std::uint32_t plusInfCount;
  std::uint32_t minusInfCount;
  std::uint32_t count;

  [[nodiscard]] bool hasFinite() const { return nonFiniteCount() < count; }
  [[nodiscard]] std::uint32_t nonFiniteCount() const { return nanCount + plusInfCount + minusInfCount; }
  [[nodiscard]] std::uint32_t countOf(NonFiniteKind kind) const;
};
static_assert(sizeof(Bucket) == 40, "buckets are stored as they lie in memory");

Bucket emptyBucket();
/// Adds a point or a bucket that begins `offset` points after the bucket's first.
void addPoint(Bucket& bucket, double value, std::uint32_t offset);
void addBucket(Bucket& bucket, const Bucket& part, std::uint32_t offset);

/// The levels over a growing array of values. Holds whole buckets only; the points after the last
/// whole one are looked at directly.
class Pyramid {
 public:
  /// Takes note of values[size() ... count): `values` is the whole array.
  void extend(const double* values, std::int64_t count);
  /// The exact summary of values[first, last); indices count from `first`. O(fan x levels).
  [[nodiscard]] Bucket summary(const double* values, std::int64_t first, std::int64_t last) const;
  /// Index of the first non-finite value of that kind in values[first, last), or -1.
  [[nodiscard]] std::int64_t firstNonFinite(const double* values, std::int64_t first, std::int64_t last,
                                            NonFiniteKind kind) const;
  [[nodiscard]] const std::vector<std::vector<Bucket>>& levels() const { return levels_; }

 private:
  struct Span {
    int level;            // -1: single points
    std::int64_t points;  // of a bucket of that level
  };
  /// The largest whole bucket that begins at `at` and ends by `last`.
  [[nodiscard]] Span spanAt(std::int64_t at, std::int64_t last) const;
  [[nodiscard]] const Bucket& bucketAt(Span span, std::int64_t at) const {
    return levels_[static_cast<std::size_t>(span.level)][static_cast<std::size_t>(at / span.points)];
  }

  std::vector<std::vector<Bucket>> levels_;
};

}  // namespace slab
