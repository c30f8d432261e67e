#include "core/ops/attention.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "core/base/error.h"
#include "core/ops/options.h"
#include "tests/core/ops/support.h"

namespace slab::ops {
namespace {

using test::expectClose;
using test::outputAndGradients;

std::vector<torch::Tensor> inputs(std::int64_t batch, std::int64_t heads, std::int64_t tokens, std::int64_t width) {
  return {torch::randn({batch, heads, tokens, width}), torch::randn({batch, heads, tokens, width}),
          torch::randn({batch, heads, tokens, width}), torch::randn({1, heads, tokens, tokens})};
}

torch::Tensor definition(const std::vector<torch::Tensor>& in, double scale) {
  const auto logits = torch::einsum("bhid,bhjd->bhij", {in[0], in[1]}) * scale + in[3];
  const auto raised = torch::exp(logits - logits.amax(-1, true).detach());
  return torch::einsum("bhij,bhjd->bhid", {raised / raised.sum(-1, true), in[2]});
}

TEST(SoftmaxAttention, EveryBackendAgreesWithTheDefinitionForwardAndBackward) {
  torch::manual_seed(21);
  for (const auto tokens : {1, 4, 49, 197}) {
    const auto in = inputs(3, 2, tokens, 16);
    const auto exact =
        outputAndGradients([](const auto& v) { return definition(v, 0.3); }, test::toType(in, torch::kDouble));
    for (const auto backend : {Backend::Reference, Backend::Auto}) {
      const OptionsGuard guard({backend, LinearBackend::Torch});
      const auto result =
          outputAndGradients([](const auto& v) { return softmaxAttention(v[0], v[1], v[2], v[3], 0.3); }, in);
      for (std::size_t i = 0; i < exact.size(); ++i) {
        expectClose(result[i], exact[i], 3e-5, std::to_string(tokens) + " tokens, part " + std::to_string(i));
      }
    }
  }
}

TEST(SoftmaxAttention, WorksWithoutBiasWithStridedHeadsAndOnNoImages) {
  torch::manual_seed(22);
  for (const auto backend : {Backend::Reference, Backend::Auto}) {
    const OptionsGuard guard({backend, LinearBackend::Torch});
    const auto qkv = torch::randn({2, 10, 3, 4, 8});
    const auto q = qkv.select(2, 0).transpose(1, 2), k = qkv.select(2, 1).transpose(1, 2),
               v = qkv.select(2, 2).transpose(1, 2);
    const auto expected = definition({q, k, v, torch::zeros({1, 4, 10, 10})}, 0.5);
    for (const bool gradients : {false, true}) {
      const torch::AutoGradMode mode(gradients);
      expectClose(softmaxAttention(q, k, v, {}, 0.5), expected, 1e-5, "no bias");
    }
    EXPECT_EQ(softmaxAttention(q.slice(0, 0, 0), k.slice(0, 0, 0), v.slice(0, 0, 0), {}, 0.5).size(0), 0);
  }
}

TEST(SoftmaxAttention, DoublePrecisionGradientsMatchCentralDifferences) {
  test::expectGradientsMatchDifferences([](const auto& v) { return softmaxAttention(v[0], v[1], v[2], v[3], 0.7); },
                                        inputs(1, 2, 3, 2));
}

TEST(Options, NamesSurviveARoundTripAndOthersAreRefused) {
  for (const auto backend : {Backend::Auto, Backend::Kernel, Backend::Reference}) {
    EXPECT_EQ(backendFromName(toString(backend)), backend);
  }
  for (const auto backend : {LinearBackend::Auto, LinearBackend::OneDnn, LinearBackend::Torch}) {
    EXPECT_EQ(linearBackendFromName(toString(backend)), backend);
  }
  EXPECT_THROW((void)backendFromName("fast"), Error);
  EXPECT_THROW((void)linearBackendFromName("mkl"), Error);
}

}  // namespace
}  // namespace slab::ops
