#pragma once

#include <algorithm>
#include <ostream>
#include <string>
#include <vector>

#include "kernels/nms.h"
#include "tests/kernels/buffers.h"

namespace slab::kernels::test {

/// One row of the table that the CPU and the CUDA implementation are both tested with.
struct NmsCase {
  std::vector<std::int64_t> groups;  ///< sizes
  float threshold = 0.5f;
  float spread = 100.0f;  ///< side of the square that centres lie in; boxes are 5 to 25 wide
  bool snapped = false;   ///< to whole pixels: overlaps at the threshold, equal boxes
};

inline std::string nameOf(const NmsCase& c) {
  std::string name = c.snapped ? "snapped" : "smooth";
  for (const std::int64_t size : c.groups) name += "_" + std::to_string(size);
  return name + "_at" + std::to_string(static_cast<int>(c.threshold * 100.0f)) + "_in" +
         std::to_string(static_cast<int>(c.spread));
}

inline void PrintTo(const NmsCase& c, std::ostream* out) {
  *out << nameOf(c);
}

inline std::vector<NmsCase> nmsCases() {
  std::vector<NmsCase> cases;
  for (const std::int64_t size : {1, 2, 15, 16, 17, 63, 64, 65, 200}) cases.push_back({{size}});
  for (const float threshold : {0.0f, 0.3f, 0.7f, 1.0f}) cases.push_back({{150}, threshold, 40.0f});
  cases.push_back({{40, 0, 7, 1, 90, 0}});
  cases.push_back({{0, 0}});
  cases.push_back({{}});
  cases.push_back({{300, 100}, 0.5f, 30.0f, true});
  cases.push_back({{130}, 0.5f, 0.0f, true});  // all at one place
  return cases;
}

struct NmsProblem {
  explicit NmsProblem(const NmsCase& c) : with(c), begin{0} {
    for (const std::int64_t size : c.groups) begin.push_back(begin.back() + size);
    std::mt19937 generator(static_cast<unsigned>(begin.back()));
    std::uniform_real_distribution<float> uniform;
    const auto rounded = [&](float value) { return c.snapped ? std::floor(value) : value; };
    for (std::int64_t i = 0; i < begin.back(); ++i) {
      const float x = rounded(uniform(generator) * c.spread), y = rounded(uniform(generator) * c.spread);
      const float w = rounded(5.0f + 20.0f * uniform(generator)), h = rounded(5.0f + 20.0f * uniform(generator));
      boxes.insert(boxes.end(), {x, y, x + w, y + h});
    }
    keep.assign(static_cast<std::size_t>(begin.back()), 7);
  }

  [[nodiscard]] Nms call() {
    return {begin.back(), static_cast<std::int64_t>(with.groups.size()), boxes.data(), begin.data(), with.threshold,
            keep.data()};
  }

  NmsCase with;
  std::vector<std::int64_t> begin;
  std::vector<float, AlignedAllocator<float>> boxes;
  std::vector<std::uint8_t> keep;
};

template <class Implementation>
void checkNmsCase(const NmsCase& c, Implementation& implementation) {
  NmsProblem expected(c), actual(c);
  ASSERT_EQ(reference::nms(expected.call()), Status::Ok);
  ASSERT_EQ(implementation.run(actual.call()), Status::Ok);
  EXPECT_EQ(actual.keep, expected.keep);
}

}  // namespace slab::kernels::test
