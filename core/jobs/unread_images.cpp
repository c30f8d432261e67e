#include "core/jobs/unread_images.h"

#include "core/base/format.h"

namespace slab::jobs {
namespace {

constexpr std::int64_t kMostNamed = 20;

}  // namespace

void UnreadImages::add(const std::string& cause) {
  if (++count_ <= kMostNamed) causes_.push_back(cause);
}

void UnreadImages::tell(std::vector<std::string>& warnings, const std::string& fate) const {
  if (count_ == 0) return;
  warnings.insert(warnings.end(), causes_.begin(), causes_.end());
  const std::string named = count_ > kMostNamed ? "; the first " + std::to_string(kMostNamed) + " are named above" : "";
  warnings.push_back("images that could not be read: " + formatInteger(count_) + ", " + fate + named);
}

}  // namespace slab::jobs
