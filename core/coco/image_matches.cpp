#include "core/coco/image_matches.h"

#include <algorithm>

#include "core/coco/overlap_table.h"

namespace slab::coco {
namespace {

constexpr std::size_t kReportEvery = 32;

using Places = std::vector<std::uint32_t>;

/// Annotations and detections of one class of one image.
struct Pairing {
  Places truths, found;
};

class Matcher {
 public:
  Matcher(const CocoSet& set, const SetIndex& index, const std::vector<Detection>& detections, OverlapOf of)
      : set_(set), index_(index), detections_(detections), of_(of), found_(set.images.size()) {
    for (std::size_t i = 0; i < detections.size(); ++i) {
      const auto image = index.image(detections[i].image);
      if (image && index.category(detections[i].category)) found_[*image].push_back(static_cast<std::uint32_t>(i));
    }
  }

  [[nodiscard]] ImageMatches matchesOf(std::size_t image) const {
    ImageMatches matches;
    matches.isDone = true;
    if (found_[image].empty()) return matches;
    std::vector<Pairing> pairings(set_.categories.size());
    for (const std::uint32_t truth : index_.annotationsOf(image)) {
      pairings[index_.categoryOf(truth)].truths.push_back(truth);
    }
    for (const std::uint32_t one : found_[image]) {
      pairings[*index_.category(detections_[one].category)].found.push_back(one);
    }
    for (std::size_t category = 0; category < pairings.size(); ++category) {
      if (!pairings[category].found.empty()) add(image, category, pairings[category], matches.found);
    }
    std::stable_sort(matches.found.begin(), matches.found.end(),
                     [](const auto& a, const auto& b) { return a.score > b.score; });
    return matches;
  }

 private:
  void add(std::size_t image, std::size_t category, Pairing& pairing, std::vector<FoundObject>& found) const {
    std::stable_sort(pairing.found.begin(), pairing.found.end(),
                     [this](auto a, auto b) { return detections_[a].score > detections_[b].score; });
    pairing.found.resize(std::min(pairing.found.size(), kMostDetections));
    std::vector<Target> targets;
    for (const std::uint32_t truth : pairing.truths) {
      const CocoAnnotation& annotation = set_.annotations[truth];
      targets.push_back({annotation.area, annotation.isCrowd, annotation.id == 0});
    }
    std::vector<Candidate> candidates;
    for (const std::uint32_t one : pairing.found) candidates.push_back({detections_[one].score, detections_[one].area});
    const auto taken = takenTargets(
        candidates, targets, overlapTable(set_, set_.images[image], pairing.truths, detections_, pairing.found, of_));
    for (std::size_t d = 0; d < taken.size(); ++d) {
      const std::uint32_t one = pairing.found[d];
      found.push_back({one, static_cast<std::uint32_t>(category), detections_[one].score, {}});
      for (std::size_t t = 0; t < kThresholds; ++t) {
        const std::int32_t target = taken[d][t];
        found.back().truth[t] =
            target < 0 ? -1 : static_cast<std::int32_t>(pairing.truths[static_cast<std::size_t>(target)]);
      }
    }
  }

  const CocoSet& set_;
  const SetIndex& index_;
  const std::vector<Detection>& detections_;
  OverlapOf of_;
  std::vector<Places> found_;  // by image
};

bool shows(const std::vector<bool>& isShown, std::size_t category) {
  return isShown.empty() || isShown[category];
}

}  // namespace

std::vector<ImageMatches> matchImages(const CocoSet& set, const SetIndex& index,
                                      const std::vector<Detection>& detections, const MatchOptions& options) {
  if (options.of == OverlapOf::Masks) requireMasks(set);
  const Matcher matcher(set, index, detections, options.of);
  std::vector<ImageMatches> matches(set.images.size());
  for (std::size_t i = 0; i < matches.size() && !options.stop.stop_requested(); ++i) {
    matches[i] = matcher.matchesOf(i);
    const bool isDue = (i + 1) % kReportEvery == 0 || i + 1 == matches.size();
    if (isDue && options.onProgress) {
      options.onProgress(static_cast<std::int64_t>(i + 1), static_cast<std::int64_t>(matches.size()));
    }
  }
  return matches;
}

FoundAs foundAs(const CocoSet& set, const FoundObject& found, std::size_t threshold) {
  const std::int32_t truth = found.truth[threshold];
  if (truth < 0) return FoundAs::Wrong;
  return set.annotations[static_cast<std::size_t>(truth)].isCrowd ? FoundAs::Ignored : FoundAs::Right;
}

ImageCounts countsOf(const CocoSet& set, const SetIndex& index, std::size_t image, const ImageMatches& matches,
                     std::size_t threshold, double leastScore, const std::vector<bool>& isShown) {
  ImageCounts counts;
  for (const std::uint32_t truth : index.annotationsOf(image)) {
    const bool counted = !set.annotations[truth].isCrowd && shows(isShown, index.categoryOf(truth));
    counts.objects += counted ? 1 : 0;
  }
  for (const FoundObject& found : matches.found) {
    if (found.score < leastScore) break;
    if (!shows(isShown, found.category)) continue;
    const FoundAs as = foundAs(set, found, threshold);
    counts.right += as == FoundAs::Right ? 1 : 0;
    counts.wrong += as == FoundAs::Wrong ? 1 : 0;
  }
  counts.missed = counts.objects - counts.right;
  return counts;
}

}  // namespace slab::coco
