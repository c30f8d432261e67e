// The building blocks of modelTree(): one row a module, sums above them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/config/cost.h"

namespace slab::detail {

[[nodiscard]] std::string text(std::int64_t value);
/// "56x56x96"
[[nodiscard]] std::string mapShape(std::int64_t grid, std::int64_t width);

/// What a stage's text calls the linear kinds: "SLA" or "focused linear".
[[nodiscard]] std::string linearName(char attention);

/// Products of simplified linear attention without its projections: q (k^T v) or (q k^T) v, whichever is
/// cheaper (kv first iff keys > d for as many queries as keys), the normaliser and the depthwise convolution.
[[nodiscard]] std::int64_t linearAttentionMacs(std::int64_t tokens, std::int64_t keys, std::int64_t width,
                                               std::int64_t heads);
/// Its own parameters: positional encoding, depthwise weight and bias.
[[nodiscard]] std::int64_t linearAttentionParameters(std::int64_t keys, std::int64_t width, std::int64_t heads);

/// Rows of one model, appended in forward order.
class CostTree {
 public:
  explicit CostTree(const ModelConfig& model) : model_(model) {}

  std::vector<ModuleCost> rows;

  /// A norm over `width` channels of the model's kind, folded into the layers `into`; gone once folded
  /// unless it is a LayerNorm.
  void norm(const std::string& path, std::int64_t width, const std::string& output, int depth, const std::string& into);
  /// A norm that is a LayerNorm whatever the model's are.
  void layerNorm(const std::string& path, std::int64_t width, const std::string& output, int depth);
  /// A linear layer, or a convolution with `in` inputs an output (channels times kernel area, over its groups).
  void linear(const std::string& path, std::int64_t tokens, std::int64_t in, std::int64_t out, bool bias,
              const std::string& output, int depth, const std::string& what, bool foldCreatesBias = false);
  /// fc1, GELU, fc2.
  void mlp(const std::string& path, std::int64_t tokens, std::int64_t width, double ratio, const std::string& output,
           int depth);
  /// Inserts a row above rows[first..] that sums those of the next depth.
  void sumAbove(std::size_t first, std::string path, std::string what, std::string output, int depth);

  [[nodiscard]] const ModelConfig& model() const { return model_; }

 private:
  const ModelConfig& model_;
};

/// The trees of the families; `model` has as many heads as depths.
[[nodiscard]] std::vector<ModuleCost> pvtTree(const ModelConfig& model);
[[nodiscard]] std::vector<ModuleCost> cswinTree(const ModelConfig& model);

}  // namespace slab::detail
