// Activation checkpointing (Chen et al., 2016): a block's activations are made again in the backward.
#pragma once

#include <torch/nn/module.h>

#include <functional>
#include <memory>

#include "core/nn/context.h"

namespace slab::nn {

/// Runs `block(x)` without keeping its graph; the backward runs it once more. Gradients are bit for bit those of a
/// plain call: the second run draws the same noise and leaves the block's buffers (running statistics, counters) as
/// the first one put them. Between the two, the parameters must not change.
at::Tensor recomputed(std::shared_ptr<torch::nn::Module> module, std::function<at::Tensor(const at::Tensor&)> block,
                      const at::Tensor& x, const ContextPtr& context);

/// A block of a model: recomputed where the context asks for it, in training only.
template <class Block>
at::Tensor runBlock(const std::shared_ptr<Block>& block, const at::Tensor& tokens, const ContextPtr& context) {
  if (!context->recompute || !block->is_training() || !tokens.requires_grad()) return block->forward(tokens);
  return recomputed(
      block, [raw = block.get()](const at::Tensor& x) { return raw->forward(x); }, tokens, context);
}

}  // namespace slab::nn
