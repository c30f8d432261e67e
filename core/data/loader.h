// Batches, prefetched by worker threads, in an order that depends on seed and epoch alone.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/data/batch.h"
#include "core/data/dataset.h"

namespace slab::data {

/// Of classification.
struct LoaderOptions {
  /// As EpochShape has them; each process mixes its own batches.
  std::int64_t batch = 128;
  std::int64_t accumulate = 1;
  int rank = 0, ranks = 1;
  bool shuffle = false;
  bool dropLast = true;
  /// Files of images take the evaluation's resize and central crop instead of the training's.
  bool evaluation = false;
  Augment augment = Augment::None;
  /// Whether augment timm mixes the images of a batch; the statistics pass takes them unmixed.
  bool mixes = true;
  std::uint64_t seed = 0;
  int workers = 2;
  /// Batches made ahead, at most.
  int prefetch = 4;
  /// Of the model: every sample is brought to size x size and to this many channels (grey is
  /// replicated, colour becomes grey).
  int imageSize = 224;
  int channels = 3;
  /// Per channel on values in [0, 1]; one entry serves all.
  std::vector<double> mean{0.0};
  std::vector<double> std{1.0};
};

/// Options for the training part of a configuration, or for an evaluation: in order, no augmentation,
/// the last short batch kept (`tensors`: dropped in training). `seed` and `batch` are `train`'s.
LoaderOptions loaderOptions(const DataConfig& data, const ModelConfig& model, const Dataset& dataset, Split split,
                            std::int64_t batch, std::uint64_t seed);

/// Threads of a loader, and how far they run ahead.
struct LoaderThreads {
  int workers = 2;
  /// Batches made ahead, at most.
  int prefetch = 4;
};

/// An endless sequence of batches of any source: epoch after epoch, each a permutation drawn from (seed, epoch); a
/// sample's augmentation is drawn from (seed, epoch, index). Batch number n is the same bits whichever
/// way it was reached and whatever the threads do. One thread calls; workers are the loader's own and
/// end with it.
///
/// A sample that can't be decoded is replaced by the next good one of the epoch's permutation, so that
/// batches keep their size; it is counted, and told once through `onSkipped` (from `next`, in order). In an evaluation
/// of classification the one that takes its place has the label kUncounted.
class Loader {
 public:
  using OnSkipped = std::function<void(const SkippedSample&)>;

  /// Throws Error(Config) where an epoch of the source has no whole step.
  Loader(std::unique_ptr<BatchSource> source, LoaderThreads threads, OnSkipped onSkipped = {});
  /// Of the images of a classification data set.
  Loader(std::shared_ptr<const Dataset> dataset, LoaderOptions options, OnSkipped onSkipped = {});
  ~Loader();
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  /// Waits for the next batch. Throws Error(Data) when no sample of the data set can be decoded.
  Batch next();
  /// Makes `next` give batch number `batch`, counted from the start of epoch 0.
  void seek(std::int64_t batch);
  /// The number of the batch that `next` will give.
  [[nodiscard]] std::int64_t position() const;
  [[nodiscard]] std::int64_t batchesPerEpoch() const;
  /// Images of batch number `batch`: fewer than the others where an epoch keeps its rest.
  [[nodiscard]] std::int64_t sizeOf(std::int64_t batch) const;
  /// Images of the batches with this number of all processes that share the epoch.
  [[nodiscard]] std::int64_t sizeTogether(std::int64_t batch) const;
  /// The file of a sample, as messages name it.
  [[nodiscard]] std::string nameOf(std::int64_t index) const;

  /// Different samples skipped so far.
  [[nodiscard]] std::int64_t skipped() const;
  /// Seconds that `next` has waited for workers so far.
  [[nodiscard]] double waitSeconds() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace slab::data
