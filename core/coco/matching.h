// Which detection found which object: one category of one image, at every threshold and for every range of areas.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace slab::coco {

inline constexpr std::size_t kThresholds = 10, kAreas = 4, kMostDetections = 100;

/// 0.5, 0.55, ... 0.95: the very numbers of numpy.linspace(0.5, 0.95, 10).
const std::array<double, kThresholds>& overlapThresholds();

/// All, small, medium, large: areas in pixels, both ends included.
struct AreaRange {
  double least, most;
  [[nodiscard]] bool holds(double area) const { return area >= least && area <= most; }
};
inline constexpr std::array<AreaRange, kAreas> kAreaRanges{
    {{0, 1e10}, {0, 32.0 * 32.0}, {32.0 * 32.0, 96.0 * 96.0}, {96.0 * 96.0, 1e10}}};

/// An object to be found.
struct Target {
  double area = 0;
  bool isCrowd = false;
  bool isUnnamed = false;  // its id is 0: COCOeval takes its matches for none
};

/// What became of a detection. Bit t of a word is threshold t; one word a range of areas.
struct Verdict {
  double score = 0;
  std::array<std::uint16_t, kAreas> matched{}, ignored{};
  std::uint8_t rank = 0;  // among the detections of its image and category, the best is 0
};

/// A detection and its area.
struct Candidate {
  double score = 0, area = 0;
};

/// `candidates` by falling score, at most kMostDetections; `overlaps` is candidates x targets. Adds a verdict for each
/// candidate to `verdicts` and to `objects` how many targets count in each range.
///
/// A candidate takes the free target that it covers best, the later one of equals; targets to be ignored (crowds,
/// other areas) only where no other is covered enough, and a crowd any number of times.
void match(std::span<const Candidate> candidates, std::span<const Target> targets, std::span<const double> overlaps,
           std::vector<Verdict>& verdicts, std::array<std::int64_t, kAreas>& objects);

/// Which target each candidate takes among all areas, one array of thresholds a candidate; -1: none. A target without a
/// name is taken for none. `candidates` and `overlaps` as above.
std::vector<std::array<std::int32_t, kThresholds>> takenTargets(std::span<const Candidate> candidates,
                                                                std::span<const Target> targets,
                                                                std::span<const double> overlaps);

}  // namespace slab::coco
