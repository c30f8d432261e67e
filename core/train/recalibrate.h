// The statistics pass after training: RepBN's running mean and variance estimated anew with the weights at rest.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/fields.h"
#include "core/models/backbone.h"
#include "core/nn/norms/rep_bn.h"
#include "core/train/evaluate.h"

namespace slab::train {

/// Cumulative: mean and variance of a channel over all tokens of the pass. With n_b tokens, mean m_b and unbiased
/// variance s_b of batch b, N = sum n_b:
///   mean = sum n_b m_b / N,   var = (sum (n_b - 1) s_b + sum n_b (m_b - mean)^2) / (N - 1)
/// accumulated in double by the pairwise update of Chan, Golub and LeVeque (1983). Momentum: the reference's pass,
/// r <- 0.9 r + 0.1 s, which remembers the last few dozen batches.
enum class RecalibrationRule { Cumulative, Momentum };

/// "cumulative" or "momentum"; throws Error(Config) for another word.
RecalibrationRule recalibrationRule(std::string_view name);
std::string_view toString(RecalibrationRule rule);

/// How far a layer's statistics moved: |mean' - mean| / |sqrt(var)| and |var' - var| / |var|, L2 norms over channels.
struct LayerDrift {
  std::string layer;  // "layers.0.blocks.1.norm1"
  double mean = 0, variance = 0;
};

struct RecalibrationResult {
  RecalibrationRule rule = RecalibrationRule::Cumulative;
  std::int64_t batches = 0, asked = 0;  // taken, and at most
  bool isSettled = false;               // ended early because the statistics stood still
  double seconds = 0;
  std::optional<Score> before, after;  // of RepBN alone on the validation set; nothing without one
  std::vector<LayerDrift> layers;      // in the order of the state dict
};

/// {"event":"recalibration","step":..,"with":..,"batches":..,"top1_before":..,"top1_after":..,"layers":[..],...}
nlohmann::ordered_json toJson(std::int64_t step, const RecalibrationResult& result);

/// One pass over a model that stays otherwise as it is. While it lives, the model is in evaluation mode but for its
/// BatchNorms, which normalise with the batch's statistics, as the reference's pass does: LinearNorm is RepBN alone,
/// drop path is off, no gradient is taken. Unless `finish` was called, its end puts the old statistics back.
class Recalibration {
 public:
  /// Throws Error(Config) for a model without RepBN.
  Recalibration(Backbone& model, RecalibrationRule rule);
  ~Recalibration();
  Recalibration(const Recalibration&) = delete;
  Recalibration& operator=(const Recalibration&) = delete;

  /// One forward: images (B, channels, size, size) on the model's device.
  void add(const at::Tensor& images);
  [[nodiscard]] std::int64_t batches() const { return batches_; }
  /// Cumulative statistics that moved by less than 0.1 % in each of the last five batches. Never by momentum.
  [[nodiscard]] bool isSettled() const;
  /// Leaves the new statistics in the model; says how far each layer's moved. Throws Error(Data) before any batch.
  std::vector<LayerDrift> finish();

 private:
  struct Layer {
    std::string name;
    std::shared_ptr<nn::BatchStatistics> bn;
    at::Tensor oldMean, oldVar;   // float
    at::Tensor mean, deviations;  // double: pooled mean, and sum of squared deviations from it
    double tokens = 0;
  };
  void pool(Layer& layer);
  void store(const Layer& layer) const;
  void restoreModes();

  Backbone& model_;
  RecalibrationRule rule_;
  bool wasTraining_, isFinished_ = false;
  std::vector<Layer> layers_;
  std::int64_t batches_ = 0;
  int still_ = 0;        // batches in a row that moved hardly anything
  double movement_ = 0;  // of the last batch, the largest over layers
};

}  // namespace slab::train
