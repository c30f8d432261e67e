// What a training passed over because it could not be decoded, each sample once.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "core/config/fields.h"

namespace slab::data {
struct SkippedSample;
}
namespace slab::train {
class Ranks;
}

namespace slab::jobs {

class SkippedSamples {
 public:
  /// The event's text, {"index", "name", "cause"}.
  const std::string& add(const data::SkippedSample& sample);
  /// What the other processes of the training passed over reaches rank 0: `onOther` is called there for each of their
  /// samples that rank 0 has not, with the event's text. Every process makes the call.
  void gather(train::Ranks& ranks, const std::function<void(const std::string& event)>& onOther);
  /// Different ones by name.
  [[nodiscard]] std::int64_t count() const { return static_cast<std::int64_t>(names_.size()); }

 private:
  std::vector<std::string> events_;
  std::set<std::string> names_;
};

}  // namespace slab::jobs
