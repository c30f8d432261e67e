#include "core/data/sample_order.h"

#include <numeric>
#include <utility>

namespace slab::data {

SampleOrder::Permutation SampleOrder::draw(std::int64_t epoch) const {
  auto order = std::make_shared<std::vector<std::int64_t>>(static_cast<std::size_t>(size_));
  std::iota(order->begin(), order->end(), std::int64_t{0});
  if (!shuffle_) return order;
  constexpr std::uint64_t kPurpose = 1;
  Random random(hashKeys(seed_, static_cast<std::uint64_t>(epoch), 0, kPurpose));
  // Fisher and Yates.
  for (std::size_t i = order->size(); i > 1; --i) {
    std::swap((*order)[i - 1], (*order)[static_cast<std::size_t>(random.below(i))]);
  }
  return order;
}

SampleOrder::Permutation SampleOrder::ofEpoch(std::int64_t epoch) {
  const std::lock_guard lock(mutex_);
  Kept& slot = kept_[static_cast<std::size_t>(epoch % 2)];
  if (slot.epoch != epoch) slot = {epoch, draw(epoch)};
  return slot.order;
}

}  // namespace slab::data
