#include "core/coco/matching.h"

#include <algorithm>
#include <utility>

namespace slab::coco {
namespace {

/// numpy.linspace: the step is rounded once, the last value is the end itself.
std::array<double, kThresholds> makeThresholds() {
  constexpr double kFirst = 0.5, kLast = 0.95;
  const double step = (kLast - kFirst) / (kThresholds - 1);
  std::array<double, kThresholds> values{};
  for (std::size_t i = 0; i < kThresholds; ++i) values[i] = static_cast<double>(i) * step + kFirst;
  values.back() = kLast;
  return values;
}

/// A target that a candidate covers enough for the lowest threshold.
struct Covered {
  std::uint32_t target;
  double overlap;
};

/// The covered targets of every candidate, in the order of the targets.
class CoveredTargets {
 public:
  CoveredTargets(std::size_t candidates, std::size_t targets, std::span<const double> overlaps) {
    begins_.reserve(candidates + 1);
    for (std::size_t d = 0; d < candidates; ++d) {
      begins_.push_back(all_.size());
      for (std::size_t g = 0; g < targets; ++g) {
        const double overlap = overlaps[d * targets + g];
        if (overlap >= overlapThresholds().front()) all_.push_back({static_cast<std::uint32_t>(g), overlap});
      }
    }
    begins_.push_back(all_.size());
  }
  [[nodiscard]] bool isEmpty() const { return all_.empty(); }
  [[nodiscard]] std::span<const Covered> of(std::size_t candidate) const {
    return std::span(all_).subspan(begins_[candidate], begins_[candidate + 1] - begins_[candidate]);
  }

 private:
  std::vector<Covered> all_;
  std::vector<std::size_t> begins_;
};

/// The matching for one range of areas.
class AreaMatching {
 public:
  AreaMatching(std::span<const Target> targets, std::size_t area)
      : targets_(targets), area_(area), isIgnored_(targets.size()), taken_(targets.size()) {
    for (std::size_t g = 0; g < targets.size(); ++g) {
      isIgnored_[g] = targets[g].isCrowd || !kAreaRanges[area].holds(targets[g].area);
    }
  }

  [[nodiscard]] std::int64_t objects() const { return std::count(isIgnored_.begin(), isIgnored_.end(), 0); }

  void at(std::size_t threshold, const CoveredTargets& covered, std::span<Verdict> verdicts) {
    const auto bit = static_cast<std::uint16_t>(1U << threshold);
    forEachTaken(threshold, covered, verdicts.size(), [&](std::size_t d, std::size_t target) {
      if (isIgnored_[target] != 0) verdicts[d].ignored[area_] |= bit;
      if (!targets_[target].isUnnamed) verdicts[d].matched[area_] |= bit;
    });
  }

  /// Calls `take(candidate, target)` for each candidate that takes one, by falling score.
  template <typename Take>
  void forEachTaken(std::size_t threshold, const CoveredTargets& covered, std::size_t candidates, Take take) {
    std::fill(taken_.begin(), taken_.end(), 0);
    const double least = std::min(overlapThresholds()[threshold], 1 - 1e-10);
    for (std::size_t d = 0; d < candidates; ++d) {
      // Targets that count come first, whatever overlap the others have.
      int best = bestOf(covered.of(d), least, 0);
      if (best < 0) best = bestOf(covered.of(d), least, 1);
      if (best < 0) continue;
      const auto target = static_cast<std::size_t>(best);
      taken_[target] = 1;
      take(d, target);
    }
  }

 private:
  [[nodiscard]] int bestOf(std::span<const Covered> covered, double least, std::uint8_t ignored) const {
    int best = -1;
    for (const auto& [target, overlap] : covered) {
      if (isIgnored_[target] != ignored || overlap < least) continue;
      if (taken_[target] != 0 && !targets_[target].isCrowd) continue;
      least = overlap;
      best = static_cast<int>(target);
    }
    return best;
  }

  std::span<const Target> targets_;
  std::size_t area_;
  std::vector<std::uint8_t> isIgnored_, taken_;
};

}  // namespace

const std::array<double, kThresholds>& overlapThresholds() {
  static const std::array<double, kThresholds> kValues = makeThresholds();
  return kValues;
}

void match(std::span<const Candidate> candidates, std::span<const Target> targets, std::span<const double> overlaps,
           std::vector<Verdict>& verdicts, std::array<std::int64_t, kAreas>& objects) {
  const std::size_t first = verdicts.size();
  for (std::size_t d = 0; d < candidates.size(); ++d) {
    verdicts.push_back({candidates[d].score, {}, {}, static_cast<std::uint8_t>(d)});
  }
  const auto added = std::span(verdicts).subspan(first);
  const CoveredTargets covered(candidates.size(), targets.size(), overlaps);
  constexpr auto kAll = static_cast<std::uint16_t>((1U << kThresholds) - 1);
  for (std::size_t area = 0; area < kAreas; ++area) {
    AreaMatching matching(targets, area);
    objects[area] += matching.objects();
    for (std::size_t t = 0; t < kThresholds && !covered.isEmpty(); ++t) matching.at(t, covered, added);
    // What matched nothing counts against the model only in the range of its own area.
    for (std::size_t d = 0; d < candidates.size(); ++d) {
      if (kAreaRanges[area].holds(candidates[d].area)) continue;
      added[d].ignored[area] |= static_cast<std::uint16_t>(kAll & ~added[d].matched[area]);
    }
  }
}

std::vector<std::array<std::int32_t, kThresholds>> takenTargets(std::span<const Candidate> candidates,
                                                                std::span<const Target> targets,
                                                                std::span<const double> overlaps) {
  std::array<std::int32_t, kThresholds> none{};
  none.fill(-1);
  std::vector<std::array<std::int32_t, kThresholds>> taken(candidates.size(), none);
  const CoveredTargets covered(candidates.size(), targets.size(), overlaps);
  constexpr std::size_t kAllAreas = 0;
  AreaMatching matching(targets, kAllAreas);
  for (std::size_t t = 0; t < kThresholds && !covered.isEmpty(); ++t) {
    matching.forEachTaken(t, covered, candidates.size(), [&](std::size_t d, std::size_t target) {
      if (!targets[target].isUnnamed) taken[d][t] = static_cast<std::int32_t>(target);
    });
  }
  return taken;
}

}  // namespace slab::coco
