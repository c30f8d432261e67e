// Weights and statistics by name, as the reference's files hold them.
#pragma once

#include <torch/ordered_dict.h>

#include <string>
#include <string_view>
#include <vector>

#include "core/models/backbone.h"

namespace slab {

/// Tensors by key, in state-dict order.
using StateDict = torch::OrderedDict<std::string, at::Tensor>;

/// The model's own tensors (no copies, no gradient) in the reference's order: of every module first the
/// parameters, then the buffers, then its children.
StateDict stateDict(const torch::nn::Module& model);

/// Index and mask tensors, which follow from the configuration: saved as the reference saves them, never read.
bool isDerived(std::string_view key);

struct ShapeMismatch {
  std::string key;
  std::vector<std::int64_t> expected;
  std::vector<std::int64_t> found;
};

/// What a load did, key by key. Keys of values that a model can make itself (num_batches_tracked,
/// relative_position_index, attn_mask, warm, iter, total_step) may be absent.
struct LoadReport {
  std::vector<std::string> matched;
  std::vector<std::string> missing;
  std::vector<std::string> unexpected;
  std::vector<ShapeMismatch> shapeMismatches;
  std::vector<std::string> regenerated;  // optional keys that were absent
  /// Largest counters found, 0 where they were absent: above 0 the norms have not finished their
  /// transition to RepBN.
  std::int64_t warmRemaining = 0;
  std::int64_t iterRemaining = 0;

  [[nodiscard]] bool isComplete() const { return missing.empty() && unexpected.empty() && shapeMismatches.empty(); }
  /// All problems, one a line; empty when complete.
  [[nodiscard]] std::string problems() const;
};

/// Copies `values` into the model, converting floating-point types, if every key fits; leaves the model
/// untouched otherwise. Index and mask tensors are derived from the configuration and never read. Absent
/// counters mean a finished training: warm = iter = 0.
LoadReport loadStateDict(torch::nn::Module& model, const StateDict& values);

/// Throws Error(Checkpoint) naming `source` and the first few keys that do not fit, unless all do.
void requireMatch(const LoadReport& report, const std::string& source, const std::string& modelName);

}  // namespace slab
