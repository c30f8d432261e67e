#include "core/data/loader.h"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <map>
#include <mutex>
#include <set>
#include <stop_token>
#include <thread>
#include <utility>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/data/batch_maker.h"
#include "core/device/device.h"

namespace slab::data {
namespace {

/// A finished batch, or why there is none.
struct Outcome {
  MadeBatch made;
  std::exception_ptr failure;
};

}  // namespace

/// Workers take the next batch number that lies within the window of prefetching and lay the finished
/// batch under its number; `next` takes them in order. `seek` starts a new generation, and what
/// belongs to an older one is thrown away when it is finished.
class Loader::Impl {
 public:
  Impl(std::unique_ptr<BatchSource> source, LoaderThreads threads, OnSkipped onSkipped)
      : source_(std::move(source)),
        window_(std::max(threads.prefetch, 1)),
        perEpoch_(source_->shape().batches()),
        onSkipped_(std::move(onSkipped)) {
    requireStep(source_->shape());
    for (int i = 0; i < std::max(threads.workers, 1); ++i) {
      workers_.emplace_back([this](std::stop_token stop) { work(stop); });
    }
  }

  Batch next() {
    const Stopwatch watch;
    std::unique_lock lock(mutex_);
    finished_.wait(lock, [this] { return ready_.count(position_) > 0; });
    waited_ += watch.seconds();
    Outcome outcome = std::move(ready_.extract(position_).mapped());
    if (outcome.failure != nullptr) {
      // Stay here: the caller may repair the data and ask again.
      restart(position_);
      lock.unlock();
      wanted_.notify_all();
      std::rethrow_exception(outcome.failure);
    }
    ++position_;
    lock.unlock();
    wanted_.notify_all();
    report(outcome.made.skipped);
    return std::move(outcome.made.batch);
  }

  void seek(std::int64_t batch) {
    {
      const std::lock_guard lock(mutex_);
      if (batch == position_) return;
      restart(batch);
    }
    wanted_.notify_all();
  }

  [[nodiscard]] std::int64_t position() const { return position_; }
  [[nodiscard]] std::int64_t batchesPerEpoch() const { return perEpoch_; }
  [[nodiscard]] std::int64_t sizeOf(std::int64_t batch) const {
    const EpochShape& shape = source_->shape();
    return shape.sizeAt(shape.indexOf(batch % perEpoch_));
  }
  [[nodiscard]] std::int64_t sizeTogether(std::int64_t batch) const {
    return source_->shape().sizeTogether(batch % perEpoch_);
  }
  [[nodiscard]] std::string nameOf(std::int64_t index) const { return source_->nameOf(index); }
  [[nodiscard]] std::int64_t skipped() const { return static_cast<std::int64_t>(reported_.size()); }
  [[nodiscard]] double waitSeconds() const { return waited_; }

 private:
  void restart(std::int64_t batch) {
    position_ = started_ = batch;
    ++generation_;
    ready_.clear();
  }

  void work(const std::stop_token& stop) {
    device::stayOnThisThread();
    for (;;) {
      std::unique_lock lock(mutex_);
      if (!wanted_.wait(lock, stop, [this] { return started_ < position_ + window_; })) return;
      const std::int64_t number = started_++;
      const std::int64_t generation = generation_;
      lock.unlock();
      Outcome outcome;
      try {
        outcome.made = source_->make(number / perEpoch_, number % perEpoch_);
      } catch (...) {
        outcome.failure = std::current_exception();
      }
      lock.lock();
      if (generation != generation_) continue;
      ready_.emplace(number, std::move(outcome));
      lock.unlock();
      finished_.notify_all();
    }
  }

  void report(const std::vector<SkippedSample>& skipped) {
    for (const SkippedSample& sample : skipped) {
      if (reported_.insert(sample.index).second && onSkipped_) onSkipped_(sample);
    }
  }

  const std::unique_ptr<BatchSource> source_;
  const std::int64_t window_;
  const std::int64_t perEpoch_;
  OnSkipped onSkipped_;

  // Of the calling thread.
  std::set<std::int64_t> reported_;
  double waited_ = 0;

  std::mutex mutex_;
  std::condition_variable_any wanted_;
  std::condition_variable finished_;
  std::map<std::int64_t, Outcome> ready_;
  std::int64_t position_ = 0;  // written by the calling thread only
  std::int64_t started_ = 0;
  std::int64_t generation_ = 0;
  std::vector<std::jthread> workers_;  // last: they end before what they use
};

Loader::Loader(std::unique_ptr<BatchSource> source, LoaderThreads threads, OnSkipped onSkipped)
    : impl_(std::make_unique<Impl>(std::move(source), threads, std::move(onSkipped))) {}

Loader::Loader(std::shared_ptr<const Dataset> dataset, LoaderOptions options, OnSkipped onSkipped)
    : Loader(std::make_unique<BatchMaker>(std::move(dataset), options), {options.workers, options.prefetch},
             std::move(onSkipped)) {}

Loader::~Loader() = default;

Batch Loader::next() {
  return impl_->next();
}
void Loader::seek(std::int64_t batch) {
  impl_->seek(batch);
}
std::int64_t Loader::position() const {
  return impl_->position();
}
std::int64_t Loader::batchesPerEpoch() const {
  return impl_->batchesPerEpoch();
}
std::int64_t Loader::sizeOf(std::int64_t batch) const {
  return impl_->sizeOf(batch);
}
std::int64_t Loader::sizeTogether(std::int64_t batch) const {
  return impl_->sizeTogether(batch);
}
std::string Loader::nameOf(std::int64_t index) const {
  return impl_->nameOf(index);
}
std::int64_t Loader::skipped() const {
  return impl_->skipped();
}
double Loader::waitSeconds() const {
  return impl_->waitSeconds();
}

LoaderOptions loaderOptions(const DataConfig& data, const ModelConfig& model, const Dataset& dataset, Split split,
                            std::int64_t batch, std::uint64_t seed) {
  const bool training = split == Split::Train;
  LoaderOptions options;
  options.batch = batch;
  options.shuffle = training && !dataset.keepsOrder();
  options.dropLast = training && (data.dropLast || dataset.keepsOrder());
  options.evaluation = !training;
  options.augment = training && !dataset.keepsOrder() ? data.augment : Augment::None;
  options.seed = seed;
  options.workers = static_cast<int>(data.workers);
  options.prefetch = 2 * std::max(options.workers, 1);
  options.imageSize = static_cast<int>(model.imageSize);
  options.channels = static_cast<int>(model.inChannels);
  options.mean = data.mean;
  options.std = data.std;
  return options;
}

}  // namespace slab::data
