// The images that an evaluation passed over, as its warnings.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace slab::jobs {

class UnreadImages {
 public:
  /// Why one could not be read, its name within.
  void add(const std::string& cause);
  /// Adds the first twenty causes and then the number of all; `fate`: what that means for the score. Nothing where all
  /// were read.
  void tell(std::vector<std::string>& warnings, const std::string& fate) const;

 private:
  std::vector<std::string> causes_;  // the first
  std::int64_t count_ = 0;
};

}  // namespace slab::jobs
