// Listens to every operation of a forward for the first result that is not finite.
#pragma once

#include <ATen/record_function.h>

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/train/non_finite.h"

namespace slab::train {

/// Splits state-dict keys at the module that a person knows: a norm or an affine layer as a whole, else the module
/// that holds the tensor. "layers.0.norm1.norm2.bn.weight" -> ("layers.0.norm1", "norm2.bn.weight").
class LayerNames {
 public:
  explicit LayerNames(const torch::nn::Module& model);
  [[nodiscard]] std::pair<std::string, std::string> split(const std::string& key) const;
  /// Channels that a norm or an affine layer gives; 0 for other modules.
  [[nodiscard]] std::int64_t channelsOf(const std::string& layer) const;

 private:
  std::vector<std::pair<std::string, std::int64_t>> layers_;  // path and channels, outer modules first
};

/// Numbers of the slices along `dim` with a value that is not finite.
std::vector<std::int64_t> nonFiniteSlices(const at::Tensor& tensor, std::int64_t dim);

/// The channels of a weight, its gradient or a statistic: its first dimension is that of the output, but the last of
/// what is added to tokens, (1, N, C). Empty for a scalar.
std::vector<std::int64_t> nonFiniteChannels(const at::Tensor& values);

/// Watches ATen's operations on the constructing thread while it lives; one at a time. Judges what the model itself
/// calls: operations inside those pass memory around that is yet to be written.
class ForwardProbe {
 public:
  explicit ForwardProbe(const torch::nn::Module& model);
  ~ForwardProbe();
  ForwardProbe(const ForwardProbe&) = delete;
  ForwardProbe& operator=(const ForwardProbe&) = delete;

  [[nodiscard]] std::optional<NonFinitePlace> found() const { return found_ ? found_ : suspected_; }

 private:
  struct Call;
  static std::unique_ptr<at::ObserverContext> begin(const at::RecordFunction& record);
  static void end(const at::RecordFunction& record, at::ObserverContext* context);

  void noteInputs(const at::RecordFunction& record, Call& call);
  void noteOutputs(const at::RecordFunction& record, const Call& call);
  [[nodiscard]] NonFinitePlace placeOfWeight(const std::string& key) const;
  [[nodiscard]] NonFinitePlace placeOfOutput(const at::Tensor& output, const Call& call, const char* name) const;

  LayerNames names_;
  std::map<const void*, std::string> keys_;  // storage of a parameter -> its key
  std::set<const void*> buffers_;            // training reads no statistic: theirs is no fault of the forward
  std::set<const void*> unwritten_;          // memory that was made and that no operation has written yet
  std::map<std::string, at::Tensor> parameters_;
  int depth_ = 0;     // operations that are running, one inside the other
  std::string last_;  // key of the parameter used last
  std::optional<NonFinitePlace> found_;
  std::optional<NonFinitePlace> suspected_;  // its inputs were not finite either, and came from no known operation
  at::CallbackHandle handle_;
};

}  // namespace slab::train
