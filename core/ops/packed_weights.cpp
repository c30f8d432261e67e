#include "core/ops/packed_weights.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "core/ops/linear.h"
#include "core/ops/onednn.h"

namespace slab::ops {
namespace {

constexpr std::int64_t kSampleValues = 64;

/// Bytes of values spread evenly over the weight, first and last included.
std::vector<std::uint8_t> sampleOf(const at::Tensor& weight) {
  const auto bytes = static_cast<std::int64_t>(weight.element_size());
  const auto count = std::min(kSampleValues, weight.numel());
  const auto* data = static_cast<const std::uint8_t*>(weight.const_data_ptr());
  const auto columns = weight.size(1);
  std::vector<std::uint8_t> sample(static_cast<std::size_t>(count * bytes));
  for (std::int64_t i = 0; i < count; ++i) {
    const auto flat = count > 1 ? i * (weight.numel() - 1) / (count - 1) : 0;
    const auto offset = flat / columns * weight.stride(0) + flat % columns * weight.stride(1);
    std::memcpy(sample.data() + i * bytes, data + offset * bytes, static_cast<std::size_t>(bytes));
  }
  return sample;
}

std::int64_t bucket(std::int64_t rows) {
  return static_cast<std::int64_t>(std::bit_ceil(static_cast<std::uint64_t>(rows)));
}

}  // namespace

at::Tensor PackedWeights::find(const at::Tensor& weight, std::int64_t rows) {
  if (weight.is_inference()) return weight;  // has no version counter
  const auto version = static_cast<std::uint32_t>(weight._version());
  auto sample = sampleOf(weight);
  const Key key{weight.const_data_ptr(), weight.size(0), weight.size(1), weight.stride(0), weight.stride(1)};
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(key);
  if (found != entries_.end()) {
    const Entry& entry = found->second;
    if (!entry.owner.expired() && entry.version == version && entry.rows == bucket(rows) && entry.sample == sample) {
      return entry.packed;
    }
  }
  forgetDead();
  auto packed = onednn::pack(weight.detach(), bucket(rows));
  entries_.insert_or_assign(
      key, Entry{weight.storage().getWeakStorageImpl(), version, std::move(sample), bucket(rows), packed});
  return packed;
}

void PackedWeights::forgetDead() {
  std::erase_if(entries_, [](const auto& item) { return item.second.owner.expired(); });
}

void PackedWeights::clear() {
  const std::lock_guard lock(mutex_);
  entries_.clear();
}

std::size_t PackedWeights::size() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

PackedWeights& packedWeights() {
  static PackedWeights cache;
  return cache;
}

void clearPackedWeights() {
  packedWeights().clear();
}

}  // namespace slab::ops
