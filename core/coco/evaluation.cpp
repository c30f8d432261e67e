#include "core/coco/evaluation.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <limits>
#include <mutex>
#include <numeric>
#include <optional>
#include <thread>
#include <unordered_map>

#include "core/coco/average_precision.h"
#include "core/coco/overlap_table.h"

namespace slab::coco {
namespace {

constexpr std::size_t kChunk = 16;  // images that a thread takes at once

/// Positions of ids in their ascending order.
class IdIndex {
 public:
  template <typename Records>
  explicit IdIndex(const Records& records) {
    order_.resize(records.size());
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    std::sort(order_.begin(), order_.end(), [&](auto a, auto b) { return records[a].id < records[b].id; });
    for (std::size_t i = 0; i < order_.size(); ++i) places_[records[order_[i]].id] = i;
  }
  [[nodiscard]] std::size_t size() const { return order_.size(); }
  /// Of the i-th id, its record.
  [[nodiscard]] std::size_t record(std::size_t place) const { return order_[place]; }
  [[nodiscard]] std::optional<std::size_t> place(std::int64_t id) const {
    const auto found = places_.find(id);
    return found == places_.end() ? std::nullopt : std::optional(found->second);
  }

 private:
  std::vector<std::size_t> order_;
  std::unordered_map<std::int64_t, std::size_t> places_;
};

/// Something in an image: its category's place and where it is in its list.
struct Entry {
  std::uint32_t category, record;
};

/// What each image holds: by category, and in the order of the list within one.
template <typename Records>
std::vector<std::vector<Entry>> groupByImage(const Records& records, const IdIndex& images, const IdIndex& categories) {
  std::vector<std::vector<Entry>> groups(images.size());
  for (std::size_t i = 0; i < records.size(); ++i) {
    const auto image = images.place(records[i].image), category = categories.place(records[i].category);
    if (!image || !category) continue;
    groups[*image].push_back({static_cast<std::uint32_t>(*category), static_cast<std::uint32_t>(i)});
  }
  return groups;
}

/// The verdicts of one category of one image.
struct Piece {
  std::uint32_t category = 0;
  std::vector<Verdict> verdicts;
  std::array<std::int64_t, kAreas> objects{};
};

class Evaluation {
 public:
  Evaluation(const CocoSet& set, const std::vector<Detection>& detections, const EvaluationOptions& options)
      : set_(set),
        detections_(detections),
        options_(options),
        images_(set.images),
        categories_(set.categories),
        truths_(groupByImage(set.annotations, images_, categories_)),
        found_(groupByImage(detections, images_, categories_)),
        chunks_((images_.size() + kChunk - 1) / kChunk) {}

  CocoScores run() {
    const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
    const std::size_t threads = options_.threads > 0 ? static_cast<std::size_t>(options_.threads) : cores;
    {
      std::vector<std::jthread> helpers;
      for (std::size_t i = 1; i < std::min(threads, chunks_.size()); ++i) helpers.emplace_back([this] { work(false); });
      work(true);
    }
    if (failure_) std::rethrow_exception(failure_);
    return scores();
  }

 private:
  /// Takes chunks until none is left. Chunks are taken in their order, so that after a stop the first are done.
  void work(bool isCaller) {
    try {
      while (!options_.stop.stop_requested()) {
        const std::size_t chunk = next_++;
        if (chunk >= chunks_.size()) return;
        const std::size_t last = std::min((chunk + 1) * kChunk, images_.size());
        for (std::size_t image = chunk * kChunk; image < last; ++image) evaluateImage(image, chunks_[chunk]);
        done_ += last - chunk * kChunk;
        if (isCaller && options_.onProgress) {
          options_.onProgress(static_cast<std::int64_t>(done_), static_cast<std::int64_t>(images_.size()));
        }
      }
    } catch (...) {
      const std::lock_guard lock(mutex_);
      failure_ = std::current_exception();
      next_ = chunks_.size();
    }
  }

  void evaluateImage(std::size_t place, std::vector<Piece>& pieces) {
    std::vector<Entry>&truths = truths_[place], &found = found_[place];
    const auto byCategory = [](const Entry& a, const Entry& b) { return a.category < b.category; };
    std::stable_sort(truths.begin(), truths.end(), byCategory);
    std::stable_sort(found.begin(), found.end(), byCategory);
    const CocoImage& image = set_.images[images_.record(place)];
    auto truth = truths.begin();
    auto one = found.begin();
    while (truth != truths.end() || one != found.end()) {
      const std::uint32_t none = std::numeric_limits<std::uint32_t>::max();
      const std::uint32_t category =
          std::min(truth == truths.end() ? none : truth->category, one == found.end() ? none : one->category);
      const auto sameCategory = [category](const Entry& entry) { return entry.category == category; };
      const auto truthEnd = std::find_if_not(truth, truths.end(), sameCategory);
      const auto foundEnd = std::find_if_not(one, found.end(), sameCategory);
      pieces.push_back({category, {}, {}});
      evaluateCategory(image, std::span(truth, truthEnd), std::span(one, foundEnd), pieces.back());
      truth = truthEnd;
      one = foundEnd;
    }
  }

  void evaluateCategory(const CocoImage& image, std::span<const Entry> truths, std::span<Entry> found,
                        Piece& piece) const {
    std::stable_sort(found.begin(), found.end(), [this](const Entry& a, const Entry& b) {
      return detections_[a.record].score > detections_[b.record].score;
    });
    const std::span<const Entry> best = found.first(std::min(found.size(), kMostDetections));
    std::vector<Target> targets;
    for (const Entry& entry : truths) {
      const CocoAnnotation& truth = set_.annotations[entry.record];
      targets.push_back({truth.area, truth.isCrowd, truth.id == 0});
    }
    std::vector<Candidate> candidates;
    for (const Entry& entry : best)
      candidates.push_back({detections_[entry.record].score, detections_[entry.record].area});
    match(candidates, targets, overlapTable(set_, image, recordsOf(truths), detections_, recordsOf(best), options_.of),
          piece.verdicts, piece.objects);
  }

  static std::vector<std::uint32_t> recordsOf(std::span<const Entry> entries) {
    std::vector<std::uint32_t> records;
    records.reserve(entries.size());
    for (const Entry& entry : entries) records.push_back(entry.record);
    return records;
  }

  [[nodiscard]] CocoScores scores() const {
    std::vector<CategoryVerdicts> verdicts(categories_.size());
    for (const auto& chunk : chunks_) {
      for (const Piece& piece : chunk) {
        CategoryVerdicts& category = verdicts[piece.category];
        category.verdicts.insert(category.verdicts.end(), piece.verdicts.begin(), piece.verdicts.end());
        for (std::size_t area = 0; area < kAreas; ++area) category.objects[area] += piece.objects[area];
      }
    }
    std::vector<CategoryCurves> curves;
    CocoScores scores;
    for (std::size_t i = 0; i < verdicts.size(); ++i) {
      curves.push_back(curvesOf(verdicts[i]));
      const CocoCategory& category = set_.categories[categories_.record(i)];
      scores.classes.push_back({category.id, category.name, averagePrecision(curves.back(), 0, kThresholds),
                                averagePrecision(curves.back(), 0, 1), curves.back().objects[0]});
    }
    scores.stats = statsOf(curves);
    scores.images = static_cast<std::int64_t>(done_);
    scores.allImages = static_cast<std::int64_t>(images_.size());
    return scores;
  }

  const CocoSet& set_;
  const std::vector<Detection>& detections_;
  const EvaluationOptions& options_;
  IdIndex images_, categories_;
  std::vector<std::vector<Entry>> truths_, found_;  // by image; each sorted by the thread that has it
  std::vector<std::vector<Piece>> chunks_;
  std::atomic<std::size_t> next_{0}, done_{0};
  std::mutex mutex_;
  std::exception_ptr failure_;
};

}  // namespace

CocoScores evaluate(const CocoSet& set, const std::vector<Detection>& detections, const EvaluationOptions& options) {
  if (options.of == OverlapOf::Masks) requireMasks(set);
  return Evaluation(set, detections, options).run();
}

}  // namespace slab::coco
