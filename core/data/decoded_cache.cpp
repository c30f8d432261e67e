#include "core/data/decoded_cache.h"

#include <algorithm>
#include <atomic>
#include <utility>
#include <vector>

#include "core/base/available_memory.h"
#include "core/base/error.h"
#include "core/base/format.h"

namespace slab::data {
namespace {

class CachedDataset final : public Dataset {
 public:
  CachedDataset(std::shared_ptr<const Dataset> inner, std::uint64_t budget)
      : inner_(std::move(inner)), budget_(budget), images_(static_cast<std::size_t>(inner_->size())) {}

  [[nodiscard]] std::int64_t size() const override { return inner_->size(); }
  [[nodiscard]] std::int64_t label(std::int64_t index) const override { return inner_->label(index); }
  [[nodiscard]] const std::vector<std::string>& classNames() const override { return inner_->classNames(); }
  [[nodiscard]] std::string nameOf(std::int64_t index) const override { return inner_->nameOf(index); }
  [[nodiscard]] std::string fileOf(std::int64_t index) const override { return inner_->fileOf(index); }
  [[nodiscard]] bool isKnownBad(std::int64_t index) const override { return inner_->isKnownBad(index); }
  [[nodiscard]] Image image(std::int64_t index) const override { return *kept(index); }
  [[nodiscard]] SampleSource source(std::int64_t index) const override {
    auto image = kept(index);
    const ImageView pixels = *image;
    return {std::move(image), {}, pixels, inner_->nameOf(index)};
  }
  [[nodiscard]] bool isNormalised() const override { return inner_->isNormalised(); }
  [[nodiscard]] bool keepsOrder() const override { return inner_->keepsOrder(); }
  [[nodiscard]] const std::vector<DatasetNotice>& notices() const override { return inner_->notices(); }

 private:
  using Shared = std::shared_ptr<const Image>;

  /// Two threads that miss the same image both decode it, and the later one's stays: the pixels are the same.
  [[nodiscard]] Shared kept(std::int64_t index) const {
    auto& slot = images_[static_cast<std::size_t>(index)];
    if (Shared found = slot.load()) return found;
    auto decoded = std::make_shared<const Image>(inner_->image(index));
    const std::uint64_t bytes = decoded->pixels.size();
    if (used_.fetch_add(bytes) + bytes <= budget_) {
      slot.store(decoded);
    } else {
      used_.fetch_sub(bytes);
    }
    return decoded;
  }

  std::shared_ptr<const Dataset> inner_;
  std::uint64_t budget_;
  mutable std::atomic<std::uint64_t> used_{0};
  mutable std::vector<std::atomic<Shared>> images_;
};

std::uint64_t decodedBytes(const SampleSource& source) {
  if (!source.pixels.empty()) return source.pixels.rowBytes() * static_cast<std::uint64_t>(source.pixels.height);
  const ImageInfo info = probeImage(source.file, source.name);
  const int channels = info.channels == 1 ? 1 : 3;
  return static_cast<std::uint64_t>(info.width) * static_cast<std::uint64_t>(info.height) *
         static_cast<std::uint64_t>(channels);
}

}  // namespace

std::uint64_t estimateDecodedBytes(const Dataset& dataset) {
  constexpr std::int64_t kMostLookedAt = 256;
  const std::int64_t looked = std::min(dataset.size(), kMostLookedAt);
  std::uint64_t bytes = 0;
  for (std::int64_t i = 0; i < looked; ++i) {
    try {
      bytes += decodedBytes(dataset.source(i * dataset.size() / looked));
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::Data) throw;
    }
  }
  if (looked == 0) return 0;
  return static_cast<std::uint64_t>(static_cast<double>(bytes) * static_cast<double>(dataset.size()) /
                                    static_cast<double>(looked));
}

std::uint64_t decodedCacheBudget() {
  return availableMemory() / 2;
}

std::shared_ptr<const Dataset> DecodedCache::over(std::shared_ptr<const Dataset> dataset) {
  if (dataset->stored().defined()) return dataset;
  const std::uint64_t needed = estimateDecodedBytes(*dataset);
  if (needed > left_) {
    throw Error(ErrorKind::Config, "data.cache memory needs about " + formatBytes(static_cast<double>(needed)) +
                                       " for " + std::to_string(dataset->size()) + " decoded images, and " +
                                       formatBytes(static_cast<double>(left_)) +
                                       " may be used: set data.cache to none, or make them smaller with "
                                       "slab data pack --short-side");
  }
  // A data set whose images vary may come out larger than its sample: it may take a little more.
  const std::uint64_t budget = std::min(left_, needed + needed / 4);
  left_ -= budget;
  return std::make_shared<CachedDataset>(std::move(dataset), budget);
}

}  // namespace slab::data
