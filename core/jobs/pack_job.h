// Making a packed data set, as `slab data pack` asks for it.
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace slab::jobs {

struct PackRequest {
  std::string root;
  std::string out;
  int shortSide = 0;  // 0: images keep their size
  int quality = 90;
  bool raw = false;
  int workers = 2;
};

struct PackOutcome {
  std::int64_t train = 0, validation = 0;  // images packed
  std::int64_t resized = 0;
  std::uint64_t bytes = 0;
  bool complete = true;                                      // false: stopped, and nothing was left behind
  std::vector<std::pair<std::string, std::string>> leftOut;  // name and cause
  double seconds = 0;
};

/// See data::packImageFolder. `onProgress(done, total)` comes from the calling thread.
PackOutcome packData(const PackRequest& request, std::stop_token stop,
                     const std::function<void(std::int64_t done, std::int64_t total)>& onProgress = {});

}  // namespace slab::jobs
