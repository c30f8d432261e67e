// Which layer and channel first held a value that is not finite: what a diverged training is asked.
#pragma once

#include <torch/nn/module.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slab::train {

/// Image: the data itself. Weight, Statistic: held such a value before the forward, or hold it after the step.
/// Activation: a layer computed it from finite weights and inputs. Gradient: the forward is finite, the backward not.
enum class NonFiniteCause { Image, Weight, Statistic, Activation, Gradient };

/// "image", "weight", "statistic", "activation", "gradient".
std::string_view toString(NonFiniteCause cause);

/// The first place at fault. `channels`: output channels of a weight or its gradient, channels of an activation or
/// statistic, images of the batch for Image; rising, empty where the values have no channels (a product of queries and
/// keys).
struct NonFinitePlace {
  NonFiniteCause cause = NonFiniteCause::Activation;
  std::string layer;   // "layers.0.blocks.1.mlp.fc1"; a norm's own path for what lies in it; "" for images and the loss
  std::string tensor;  // "weight", "norm2.bn.running_var", "output", "images", "loss"
  std::vector<std::int64_t> channels;
};

/// A sample of the batch at fault, or of all batches of the step where no single one is.
struct BatchSample {
  std::int64_t index = 0;  // in the training set
  std::string name;        // its file
};

/// Everything known about a step that went wrong.
struct NonFiniteReport {
  NonFinitePlace place;
  std::int64_t step = 0;   // the optimizer step, counted from 0
  std::int64_t batch = 0;  // its number from the start of the training
  double epoch = 0, loss = 0, gradNorm = 0, learningRate = 0, lambda = 0;
  /// All weights and statistics were finite before this step; nothing: never seen so by this process.
  std::optional<std::int64_t> finiteUntil;
  std::vector<BatchSample> samples;
  std::optional<int> process;  // of a distributed training: the one that found it, in a batch of its own
};

/// A report for another process, and back with the same bits.
std::string toText(const NonFiniteReport& report);
NonFiniteReport nonFiniteReportOf(const std::string& text);

/// "the weight of layers.0.blocks.0.mlp.fc1, channel 5 (and 3 more)".
std::string describe(const NonFinitePlace& place);

/// The images of a batch (N, C, H, W) that hold such a value.
std::optional<NonFinitePlace> firstInImages(const at::Tensor& images);

/// Weights first, then statistics, each in the order of the state dict, which is that of the forward.
std::optional<NonFinitePlace> firstInState(const torch::nn::Module& model);

/// From the head to the patch embedding: the order of the backward.
std::optional<NonFinitePlace> firstInGradients(const torch::nn::Module& model);

/// Runs `forward` once more and watches every operation of it: the first whose result is not finite although what it
/// was given is, or that was given a weight that is not. Norms and attention are computed by LibTorch's operations
/// meanwhile, so that nothing is hidden inside a kernel. Running statistics are put back afterwards; the caller sets
/// seeds and lambda. Nothing when this time all is finite.
std::optional<NonFinitePlace> firstInForward(torch::nn::Module& model, const std::function<void()>& forward);

}  // namespace slab::train
