#include "core/store/bucket.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace slab {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

void addValues(Bucket& bucket, const double* values, std::int64_t first, std::int64_t last, std::int64_t origin) {
  for (std::int64_t i = first; i < last; ++i) addPoint(bucket, values[i], static_cast<std::uint32_t>(i - origin));
}

}  // namespace

bool isOfKind(double value, NonFiniteKind kind) {
  switch (kind) {
    case NonFiniteKind::NaN: return std::isnan(value);
    case NonFiniteKind::PlusInf: return std::isinf(value) && value > 0;
    case NonFiniteKind::MinusInf: return std::isinf(value) && value < 0;
  }
  return false;
}

std::uint32_t Bucket::countOf(NonFiniteKind kind) const {
  switch (kind) {
    case NonFiniteKind::NaN: return nanCount;
    case NonFiniteKind::PlusInf: return plusInfCount;
    case NonFiniteKind::MinusInf: return minusInfCount;
  }
  return 0;
}

Bucket emptyBucket() {
  return {kInfinity, -kInfinity, 0, 0, 0, 0, 0, 0};
}

void addPoint(Bucket& bucket, double value, std::uint32_t offset) {
  ++bucket.count;
  if (!std::isfinite(value)) {
    if (std::isnan(value)) {
      ++bucket.nanCount;
    } else if (value > 0) {
      ++bucket.plusInfCount;
    } else {
      ++bucket.minusInfCount;
    }
    return;
  }
  if (value < bucket.minimum) {
    bucket.minimum = value;
    bucket.minimumIndex = offset;
  }
  if (value > bucket.maximum) {
    bucket.maximum = value;
    bucket.maximumIndex = offset;
  }
}

void addBucket(Bucket& bucket, const Bucket& part, std::uint32_t offset) {
  bucket.count += part.count;
  bucket.nanCount += part.nanCount;
  bucket.plusInfCount += part.plusInfCount;
  bucket.minusInfCount += part.minusInfCount;
  if (part.minimum < bucket.minimum) {
    bucket.minimum = part.minimum;
    bucket.minimumIndex = offset + part.minimumIndex;
  }
  if (part.maximum > bucket.maximum) {
    bucket.maximum = part.maximum;
    bucket.maximumIndex = offset + part.maximumIndex;
  }
}

void Pyramid::extend(const double* values, std::int64_t count) {
  if (levels_.empty()) levels_.emplace_back();
  for (auto next = static_cast<std::int64_t>(levels_[0].size()); (next + 1) * kBucketFan <= count; ++next) {
    Bucket bucket = emptyBucket();
    addValues(bucket, values, next * kBucketFan, (next + 1) * kBucketFan, next * kBucketFan);
    levels_[0].push_back(bucket);
  }
  std::int64_t span = kBucketFan;  // points of a bucket of level k
  for (std::size_t k = 0; k < levels_.size(); ++k, span *= kBucketFan) {
    const auto have = static_cast<std::int64_t>(levels_[k].size());
    if (have < kBucketFan) break;
    if (k + 1 == levels_.size()) levels_.emplace_back();
    for (auto next = static_cast<std::int64_t>(levels_[k + 1].size()); (next + 1) * kBucketFan <= have; ++next) {
      Bucket bucket = emptyBucket();
      for (std::int64_t i = 0; i < kBucketFan; ++i) {
        addBucket(bucket, levels_[k][static_cast<std::size_t>(next * kBucketFan + i)],
                  static_cast<std::uint32_t>(i * span));
      }
      levels_[k + 1].push_back(bucket);
    }
  }
}

Pyramid::Span Pyramid::spanAt(std::int64_t at, std::int64_t last) const {
  Span span{-1, 1};
  while (span.level + 1 < static_cast<int>(levels_.size())) {
    const std::int64_t wider = span.points * kBucketFan;
    if (at % wider != 0 || at + wider > last) break;
    if (at / wider >= static_cast<std::int64_t>(levels_[static_cast<std::size_t>(span.level + 1)].size())) break;
    span = {span.level + 1, wider};
  }
  return span;
}

Bucket Pyramid::summary(const double* values, std::int64_t first, std::int64_t last) const {
  Bucket bucket = emptyBucket();
  for (std::int64_t at = first; at < last;) {
    const Span span = spanAt(at, last);
    if (span.level >= 0) {
      addBucket(bucket, bucketAt(span, at), static_cast<std::uint32_t>(at - first));
      at += span.points;
    } else {
      const std::int64_t stop = std::min(last, (at / kBucketFan + 1) * kBucketFan);
      addValues(bucket, values, at, stop, first);
      at = stop;
    }
  }
  return bucket;
}

std::int64_t Pyramid::firstNonFinite(const double* values, std::int64_t first, std::int64_t last,
                                     NonFiniteKind kind) const {
  for (std::int64_t at = first; at < last;) {
    const Span span = spanAt(at, last);
    if (span.level < 0) {
      if (isOfKind(values[at], kind)) return at;
      ++at;
    } else if (bucketAt(span, at).countOf(kind) == 0) {
      at += span.points;
    } else if (span.level > 0) {
      // Looking for it in one bucket less than the whole makes the search descend a level.
      const std::int64_t child = span.points / kBucketFan;
      const std::int64_t head = firstNonFinite(values, at, at + span.points - child, kind);
      return head >= 0 ? head : firstNonFinite(values, at + span.points - child, at + span.points, kind);
    } else {
      while (!isOfKind(values[at], kind)) ++at;
      return at;
    }
  }
  return -1;
}

}  // namespace slab
