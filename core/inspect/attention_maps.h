// Exact attention rows of softmax, simplified and focused linear attention, per head, right at the borders.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/models/backbone.h"
#include "core/models/detection/pyramid_backbone.h"
#include "core/nn/attention/attention.h"

namespace slab::inspect {

/// Keeps the records of one forward, copied. `layer` limits it to one attention (its place's name).
class AttentionCapture : public nn::AttentionProbe {
 public:
  explicit AttentionCapture(std::string layer = "") : layer_(std::move(layer)) {}
  bool wants(const nn::AttentionPlace& place) override { return layer_.empty() || place.layer == layer_; }
  void record(const nn::AttentionRecord& record) override;
  [[nodiscard]] const std::vector<nn::AttentionRecord>& records() const { return records_; }

 private:
  std::string layer_;
  std::vector<nn::AttentionRecord> records_;
};

/// Runs `model` in evaluation mode, without gradients, and returns the records of the asked layer (all
/// layers where it is empty). The probe is taken out again whatever happens. logits: the forward's result.
std::vector<nn::AttentionRecord> captureAttention(Backbone& model, const at::Tensor& images, const std::string& layer,
                                                  at::Tensor* logits = nullptr);
/// The same of a detector's backbone, whose images may have any size.
std::vector<nn::AttentionRecord> captureAttention(PyramidBackbone& model, const at::Tensor& images,
                                                  const std::string& layer);

/// Rows of the attention matrix of one window: (heads, queries, M keys). `window` counts B' = batch x windows;
/// `queries`: token indices inside it, int64 (Q). Softmax: softmax(scale q k^T + bias). Linear:
/// relu(q) relu(k)^T / (relu(q) sum relu(k) + 1e-6). Focused linear: phi(q) phi(k)^T / (phi(q) sum phi(k) + 1e-6 M).
at::Tensor attentionRows(const nn::AttentionRecord& record, std::int64_t window, const at::Tensor& queries);

/// The depthwise term's matrix of one window and channel of all C, (N, N): entry (i, j) is the kernel's
/// weight at j's offset from i, 0 outside the kernel and beyond the map's true borders (no wrap-around).
at::Tensor depthwiseMatrix(const nn::AttentionRecord& record, std::int64_t channel);

/// Largest |rows x V (+ depthwise matrix x V + bias) - output| over the given window, relative to the
/// largest |output|: the proof that the maps are what the module computed.
double reconstructionError(const nn::AttentionRecord& record, std::int64_t window);

/// One picture's worth: rows on the layer's grid, all heads.
struct GridMap {
  /// (heads, grid h, grid w) float32; 0 outside the query's window. A key that stands for several tokens (PVT)
  /// spreads its weight evenly over them.
  at::Tensor attention;
  at::Tensor depthwise;           // the same shape, signed, mean over a head's channels; undefined for softmax
  std::vector<double> rowSums;    // a head each, class tokens included
  std::vector<double> entropies;  // nats, of the row divided by its sum
  std::vector<double> leading;    // weight of the class tokens, a head each
};

/// The row of the query at grid position `query` (row-major) of image `batch` of the record, or the mean
/// over all queries of the grid where it is nothing.
GridMap gridMap(const nn::AttentionRecord& record, std::int64_t batch, std::optional<std::int64_t> query);

}  // namespace slab::inspect
