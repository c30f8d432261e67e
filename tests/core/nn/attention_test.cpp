// Attentions against the golden units and against plain formulas; windows and what a probe is told.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "core/base/error.h"
#include "core/nn/attention/simplified_linear_attention.h"
#include "core/nn/attention/window_attention.h"
#include "core/nn/attention/windows.h"
#include "core/ops/options.h"
#include "support/golden.h"

namespace slab::nn {
namespace {

AttentionPlace placeOf(std::int64_t grid, std::int64_t window, std::int64_t shift) {
  AttentionPlace place;
  place.layer = "attn";
  place.height = place.width = grid;
  place.window = window;
  place.shift = shift;
  return place;
}

class Recorder : public AttentionProbe {
 public:
  bool wants(const AttentionPlace&) override { return true; }
  void record(const AttentionRecord& record) override { records.push_back(record); }
  std::vector<AttentionRecord> records;
};

// (B', N, C) -> (B', heads, N, d)
at::Tensor splitHeads(const at::Tensor& x, std::int64_t heads) {
  return x.view({x.size(0), x.size(1), heads, -1}).transpose(1, 2).to(at::kDouble);
}

// Exact attention rows of a record, (B', heads, N, N).
at::Tensor rowsOf(const AttentionRecord& r) {
  const at::Tensor q = splitHeads(r.q, r.heads), k = splitHeads(r.k, r.heads);
  if (r.kind == AttentionKind::Softmax) {
    at::Tensor logits = r.scale * at::matmul(q, k.transpose(2, 3));
    if (r.bias.defined()) logits = logits + r.bias.to(at::kDouble);
    return logits.softmax(-1);
  }
  const at::Tensor products = at::matmul(q.relu(), k.relu().transpose(2, 3));
  return products / (products.sum(-1, true) + 1e-6);
}

// Rows times V, plus the depthwise term, (B', N, C) in double.
at::Tensor rebuilt(const AttentionRecord& r) {
  const at::Tensor v = splitHeads(r.v, r.heads);
  const auto batch = v.size(0), tokens = v.size(2), d = v.size(3);
  at::Tensor out = at::matmul(rowsOf(r), v);
  if (r.kind == AttentionKind::SimplifiedLinear) {
    const auto height = r.place.windowHeight(), width = r.place.windowWidth();
    const at::Tensor map = v.transpose(2, 3).reshape({batch * r.heads, d, height, width});
    const at::Tensor depthwise =
        at::conv2d(map, r.dwcWeight.to(at::kDouble), r.dwcBias.to(at::kDouble), 1, r.dwcWeight.size(2) / 2, 1, d);
    out = out + depthwise.view({batch, r.heads, d, tokens}).transpose(2, 3);
  }
  return out.transpose(1, 2).reshape({batch, tokens, -1});
}

class AttentionBackends : public ::testing::TestWithParam<ops::Backend> {
  ops::OptionsGuard guard_{{GetParam(), ops::LinearBackend::Torch}};
};

void expectGoldenSla(const std::string& group, std::int64_t window) {
  const auto unit = golden::unit(group);
  SimplifiedLinearAttention attention(placeOf(window, window, 0), {8, 2, true}, std::make_shared<Context>());
  for (const auto& item : attention.named_parameters()) {
    const torch::NoGradGuard noGrad;
    at::Tensor(item.value()).copy_(unit.at(item.key()));
  }
  const at::Tensor x = unit.at("x").clone().requires_grad_(true);
  const at::Tensor y = attention.forward(x);
  y.backward(unit.at("dy"));
  EXPECT_TRUE(golden::unitAgrees(y, unit.at("y"))) << group;
  EXPECT_TRUE(golden::unitAgrees(x.grad(), unit.at("dx"))) << group;
  for (const auto& item : attention.named_parameters()) {
    EXPECT_TRUE(golden::unitAgrees(item.value().grad(), unit.at("grad." + item.key()))) << group << " " << item.key();
  }
}

TEST_P(AttentionBackends, SlaFollowsTheReferenceWhereKeysAndValuesAreMultipliedFirst) {
  expectGoldenSla("sla_w4", 4);
}
TEST_P(AttentionBackends, SlaFollowsTheReferenceWhereQueriesAndKeysAreMultipliedFirst) {
  expectGoldenSla("sla_w2", 2);
}

TEST_P(AttentionBackends, RecordedRowsRebuildTheOutputBeforeTheProjection) {
  torch::manual_seed(5);
  auto context = std::make_shared<Context>();
  Recorder recorder;
  context->probe = &recorder;
  const AttentionShape shape{16, 2, true};
  auto place = placeOf(8, 4, 2);
  WindowAttention window(place, shape, context);
  SimplifiedLinearAttention linear(place, shape, context);
  auto whole = placeOf(4, 4, 0);
  whole.prefixTokens = 1;
  SoftmaxAttention softmax(whole, shape, context);
  const torch::NoGradGuard noGrad;
  linear.positionalEncoding.normal_();
  const at::Tensor windows = at::randn({3 * 4, 16, 16});
  window.forward(windows, shiftMask(8, 8, 4, 2));
  linear.forward(windows);
  softmax.forward(at::randn({3, 17, 16}));
  ASSERT_EQ(recorder.records.size(), 3U);
  for (const auto& record : recorder.records) {
    const at::Tensor expected = rebuilt(record);
    EXPECT_LE((expected - record.output).abs().max().item<double>(), 1e-5 * expected.abs().max().item<double>());
    EXPECT_EQ(record.place.tokens(), record.q.size(1));
  }
}

INSTANTIATE_TEST_SUITE_P(Attentions, AttentionBackends,
                         ::testing::Values(ops::Backend::Reference, ops::Backend::Kernel),
                         [](const auto& info) { return std::string(ops::toString(info.param)); });

TEST(WindowLayout, CutsAndJoinsBackForEveryWindowAndShift) {
  for (const auto& [grid, window, shift] : {std::tuple{8, 4, 0}, {8, 4, 2}, {9, 3, 1}, {6, 6, 0}, {6, 6, 3}}) {
    const WindowLayout layout(placeOf(grid, window, shift));
    const at::Tensor tokens = at::randn({2, grid * grid, 3});
    const at::Tensor windows = layout.toWindows(tokens);
    EXPECT_EQ(windows.size(1), window * window);
    EXPECT_TRUE(at::equal(layout.toTokens(windows), tokens)) << grid << " " << window << " " << shift;
  }
}

TEST(WindowLayout, ShiftMovesTheMapUpAndLeftBeforeCutting) {
  const WindowLayout layout(placeOf(4, 2, 1));
  const at::Tensor windows = layout.toWindows(at::arange(16).view({1, 16, 1}));
  EXPECT_TRUE(at::equal(windows.squeeze(-1),
                        at::tensor({5, 6, 9, 10, 7, 4, 11, 8, 13, 14, 1, 2, 15, 12, 3, 0}, at::kLong).view({4, 4})));
}

TEST(RelativePositionIndex, IsTheOffsetOfQueryFromKey) {
  const std::int64_t window = 3, row = 2 * window - 1;
  const at::Tensor index = relativePositionIndex(window);
  for (std::int64_t i = 0; i < 9; ++i) {
    for (std::int64_t j = 0; j < 9; ++j) {
      const std::int64_t expected = (i / 3 - j / 3 + 2) * row + (i % 3 - j % 3 + 2);
      EXPECT_EQ(index[i][j].item<std::int64_t>(), expected);
    }
  }
}

TEST(ShiftMask, SeparatesExactlyTheTokensThatWereNotNeighboursBeforeTheShift) {
  const std::int64_t grid = 6, window = 3, shift = 1;
  const at::Tensor mask = shiftMask(grid, grid, window, shift);
  ASSERT_EQ(mask.sizes(), at::IntArrayRef({4, 9, 9}));
  const WindowLayout layout(placeOf(grid, window, shift));
  const at::Tensor origin = layout.toWindows(at::arange(grid * grid).view({1, -1, 1})).squeeze(-1);
  for (std::int64_t w = 0; w < 4; ++w) {
    for (std::int64_t i = 0; i < 9; ++i) {
      for (std::int64_t j = 0; j < 9; ++j) {
        const auto a = origin[w][i].item<std::int64_t>(), b = origin[w][j].item<std::int64_t>();
        const bool near = std::abs(a / grid - b / grid) < window && std::abs(a % grid - b % grid) < window;
        EXPECT_EQ(mask[w][i][j].item<double>(), near ? 0.0 : -100.0) << w << " " << i << " " << j;
      }
    }
  }
}

TEST(WindowAttention, NoticesChangedTablesBetweenForwardsWithoutGradient) {
  torch::manual_seed(6);
  auto context = std::make_shared<Context>();
  WindowAttention attention(placeOf(4, 2, 1), {8, 2, true}, context);
  const at::Tensor mask = shiftMask(4, 4, 2, 1);
  const at::Tensor x = at::randn({8, 4, 8});
  const torch::NoGradGuard noGrad;
  const at::Tensor before = attention.forward(x, mask);
  EXPECT_TRUE(at::equal(attention.forward(x, mask), before));
  EXPECT_FALSE(at::allclose(attention.forward(x), before));
  attention.relativePositionBiasTable.normal_(0.0, 2.0);
  const at::Tensor after = attention.forward(x, mask);
  EXPECT_FALSE(at::allclose(after, before));
  const torch::AutoGradMode withGradient(true);
  EXPECT_TRUE(at::allclose(attention.forward(x, mask), after, 1e-5, 1e-6));
}

TEST(Attention, RefusesAWidthThatItsHeadsDoNotDivide) {
  EXPECT_THROW(SoftmaxAttention(placeOf(4, 4, 0), {10, 3, true}, std::make_shared<Context>()), slab::Error);
}

TEST(Attention, QkvBiasIsOptional) {
  WindowAttention attention(placeOf(4, 4, 0), {8, 2, false}, std::make_shared<Context>());
  EXPECT_FALSE(attention.qkv->hasBias());
  EXPECT_FALSE(attention.named_parameters().contains("qkv.bias"));
  const torch::NoGradGuard noGrad;
  EXPECT_EQ(attention.forward(at::randn({1, 16, 8})).sizes(), at::IntArrayRef({1, 16, 8}));
}

}  // namespace
}  // namespace slab::nn
