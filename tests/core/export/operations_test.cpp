// The table from ATen to ONNX, an operation at a time, at batches other than those that were recorded.
#include <gtest/gtest.h>

#include <functional>

#include "core/base/error.h"
#include "core/export/exported.h"

namespace slab::testing {
namespace {

using Function = std::function<at::Tensor(const at::Tensor&)>;

/// A backbone whose features are any function of its images (B, 4, 6, 6), summed down to (B, 2).
class Anything final : public Backbone {
 public:
  explicit Anything(Function function) : Backbone(config()), function_(std::move(function)) {
    registerHead(2);
    eval();
    to(at::kDouble);
    forward(at::zeros({1, 4, 6, 6}, at::kDouble));  // makes the ramp, which no recording should see being made
  }
  at::Tensor forwardFeatures(const at::Tensor& images) override {
    const at::Tensor rows = function_(images).reshape({images.size(0), -1});
    if (!ramp_.defined()) ramp_ = at::linspace(0.1, 1.7, rows.size(1), at::kDouble);
    // The second sum weights every element differently, so that a wrong order shows.
    return at::stack({at::sum(rows, {1}), at::matmul(rows, ramp_)}, 1);
  }
  std::vector<FoldSite> foldSites() override { return {}; }
  std::vector<nn::Attention*> attentionLayers() override { return {}; }

 private:
  static ModelConfig config() {
    ModelConfig config;
    config.name = "anything";
    config.imageSize = 6;
    config.inChannels = 4;
    config.classes = 2;
    return config;
  }
  Function function_;
  at::Tensor ramp_;
};

struct Case {
  const char* name;
  Function function;
};

void PrintTo(const Case& one, std::ostream* out) {
  *out << one.name;
}

at::Tensor tokens(const at::Tensor& x) {
  return x.flatten(2).transpose(1, 2);  // (B, 36, 4)
}

std::vector<Case> cases() {
  const at::Tensor index = at::tensor({3, 0, 0, 2, 1}, at::kLong);
  const at::Tensor table = at::arange(4, at::kDouble) * 0.3 + 0.2;
  const at::Tensor square = at::linspace(-1, 1, 36, at::kDouble).view({6, 6});
  const at::Tensor kernel = at::linspace(-1, 1, 4 * 2 * 9, at::kDouble).view({4, 2, 3, 3});
  return {
      {"roll",
       [](const at::Tensor& x) {
         return at::roll(x, {-2, 3}, {2, -1});
       }},
      {"rollByMore", [](const at::Tensor& x) { return at::roll(x, {7}, {3}); }},
      {"slice", [](const at::Tensor& x) { return x.slice(3, 1, -1, 2).slice(1, 1); }},
      {"narrow", [](const at::Tensor& x) { return x.narrow(2, 1, 3); }},
      {"select", [](const at::Tensor& x) { return x.select(-1, -2).select(1, 3); }},
      {"indexSelect", [index](const at::Tensor& x) { return at::index_select(x, 1, index); }},
      {"chunk",
       [](const at::Tensor& x) {
         auto p = x.chunk(2, 1);
         return p[0] * 2.0 - p[1];
       }},
      {"splitSizes",
       [](const at::Tensor& x) {
         auto p = x.split_with_sizes({1, 3}, 1);
         return p[1] + p[0];
       }},
      {"unbind",
       [](const at::Tensor& x) {
         auto p = x.unbind(1);
         return p[2] - p[0] * p[3];
       }},
      {"cat",
       [](const at::Tensor& x) {
         return at::cat({x, x * 3.0, x}, -2);
       }},
      {"stack",
       [](const at::Tensor& x) {
         return at::stack({x, -x}, -1);
       }},
      {"repeat",
       [](const at::Tensor& x) {
         return x.repeat({1, 2, 1, 3});
       }},
      {"pad",
       [](const at::Tensor& x) {
         return at::constant_pad_nd(x, {1, 2, 0, 3}, 0.5);
       }},
      {"expandToBatch",
       [table](const at::Tensor& x) {
         return tokens(x) + table.expand({x.size(0), 36, 4});
       }},
      {"concatenateToken",
       [table](const at::Tensor& x) {
         return at::cat({table.view({1, 1, 4}).expand({x.size(0), 1, -1}), tokens(x)}, 1);
       }},
      {"expandToWindows",
       [table](const at::Tensor& x) {
         return tokens(x).reshape({-1, 9, 4}) + table.expand({x.size(0) * 4, 9, 4});
       }},
      {"windows",
       [](const at::Tensor& x) {
         return x.view({x.size(0), 4, 2, 3, 2, 3}).permute({0, 2, 4, 3, 5, 1}).reshape({-1, 9, 4}) * 2.0;
       }},
      {"squeeze",
       [](const at::Tensor& x) {
         return x.unsqueeze(2).expand({-1, -1, 5, -1, -1}).slice(2, 0, 1).squeeze(2);
       }},
      {"arithmetic",
       [](const at::Tensor& x) { return at::rsub(x, 2.0, 3.0) / (x * x + 1.5) - at::add(x, x.abs(), 0.25); }},
      {"inPlace", [](const at::Tensor& x) { return (x * 2.0).add_(x).mul_(0.5); }},
      {"addcmul", [](const at::Tensor& x) { return at::addcmul(x, x, x.abs(), 0.5); }},
      {"powers",
       [](const at::Tensor& x) { return at::pow(x.abs() + 0.1, 3) + x.abs().sqrt() + at::rsqrt(x.abs() + 1.0); }},
      {"gates",
       [](const at::Tensor& x) { return at::gelu(x) + at::silu(x) + at::sigmoid(x) * at::tanh(x) + at::relu(x); }},
      {"softplus", [](const at::Tensor& x) { return at::softplus(x); }},
      {"logarithms", [](const at::Tensor& x) { return at::log(at::exp(x) + 1.0) + at::erf(x); }},
      {"clamp", [](const at::Tensor& x) { return at::clamp(x, -0.5, 0.4) + at::clamp_min(x, 0.1); }},
      {"softmax", [](const at::Tensor& x) { return at::softmax(x, -1) + at::softmax(x, 1); }},
      {"reductions",
       [](const at::Tensor& x) {
         return x.mean({2, 3}, true) + x.sum(-1, true) * x.amax({-2}, true);
       }},
      {"reductionsThatDropAxes",
       [](const at::Tensor& x) {
         return x.mean({2, 3}) * x.sum({2}).sum(-1);
       }},
      {"norms", [](const at::Tensor& x) { return x / x.norm(2, -1, true) + at::linalg_vector_norm(x, 2, {1}, true); }},
      {"matrixProducts",
       [](const at::Tensor& x) {
         const at::Tensor t = tokens(x);
         return at::baddbmm(at::bmm(t.transpose(1, 2), t), t.transpose(1, 2), t, 0.5, 2.0);
       }},
      {"addmm",
       [square](const at::Tensor& x) {
         return at::addmm(square.select(0, 1), x.reshape({-1, 6}), square, 0.5, 2.0).reshape(x.sizes());
       }},
      {"einsumPairs",
       [](const at::Tensor& x) {
         const at::Tensor t = tokens(x);
         return at::einsum("bic,bjc->bij", {t, t});
       }},
      {"einsumRow",
       [](const at::Tensor& x) {
         const at::Tensor t = tokens(x);
         return at::einsum("bic,bc->bi", {t, t.sum(1)});
       }},
      {"einsumTriple",
       [](const at::Tensor& x) {
         const at::Tensor t = tokens(x), kv = at::einsum("bjc,bjd->bcd", {t, t * 0.5});
         return at::einsum("bic,bcd,bi->bid", {t, kv, t.sum(2)});
       }},
      {"einsumOuter",
       [](const at::Tensor& x) {
         return at::einsum("bi,bj->bji", {x.sum({2, 3}), x.sum({1, 2})});
       }},
      {"einsumTwoSums",
       [](const at::Tensor& x) {
         return at::einsum("bchw,bdhw->bcd", {x, x});
       }},
      {"convolution",
       [kernel, table](const at::Tensor& x) {
         return at::conv2d(x, kernel, table, {2, 2}, {1, 1}, {1, 1}, 2);
       }},
      {"layerNorm", [table](const at::Tensor& x) { return at::layer_norm(tokens(x), {4}, table, table * 2.0, 1e-3); }},
      {"batchNorm",
       [table](const at::Tensor& x) {
         return at::batch_norm(x, table, -table, table * 0.1, table + 1.0, false, 0.1, 1e-3, true);
       }},
      {"stretch", [](const at::Tensor& x) { return at::upsample_linear1d(x.flatten(2), {50}, false); }},
      {"shrink", [](const at::Tensor& x) { return at::upsample_linear1d(x.flatten(2), {7}, false); }},
  };
}

class Operations : public ::testing::TestWithParam<Case> {};

TEST_P(Operations, ComputeTheSameAtEveryBatch) {
  Anything model(GetParam().function);
  const auto onnx = exported(model);
  for (const std::int64_t batch : {1, 2, 5}) {
    EXPECT_LE(errorOf(model, onnx, imagesFor(model, batch, at::kDouble)), 1e-8) << batch;
  }
}

INSTANTIATE_TEST_SUITE_P(All, Operations, ::testing::ValuesIn(cases()),
                         [](const auto& info) { return info.param.name; });

std::string refusal(const Function& function) {
  Anything model(function);
  try {
    exported(model);
  } catch (const Error& error) {
    return error.what();
  }
  return "none";
}

TEST(OperationsRefused, AnUnknownOperationIsNamed) {
  const auto text = refusal([](const at::Tensor& x) { return at::cumsum(x, 1); });
  EXPECT_NE(text.find("aten::cumsum"), std::string::npos) << text;
}

TEST(OperationsRefused, ANumberThatFollowsTheBatch) {
  const auto text = refusal([](const at::Tensor& x) { return x * static_cast<double>(x.size(0)); });
  EXPECT_NE(text.find("batch"), std::string::npos) << text;
  const auto cut = refusal([](const at::Tensor& x) { return x + x.slice(0, x.size(0) - 1); });
  EXPECT_NE(cut.find("batch"), std::string::npos) << cut;
}

TEST(OperationsRefused, ABranchThatFollowsTheBatch) {
  const auto text = refusal([](const at::Tensor& x) { return x.size(0) == 2 ? x * 2.0 : at::relu(x * 3.0); });
  EXPECT_NE(text.find("another batch"), std::string::npos) << text;
}

TEST(OperationsRefused, AChangeInPlaceThatAViewSees) {
  const auto text = refusal([](const at::Tensor& x) {
    const at::Tensor y = x * 2.0, view = y.slice(1, 0, 2);
    y.add_(1.0);
    return view * 3.0;
  });
  EXPECT_NE(text.find("in place"), std::string::npos) << text;
  const auto own = refusal([](const at::Tensor& x) { return (x * 2.0).slice(1, 0, 2).add_(1.0); });
  EXPECT_NE(own.find("in place"), std::string::npos) << own;
}

TEST(OperationsRefused, TrainingMode) {
  const at::Tensor ones = at::ones({4}, at::kDouble);
  const auto text = refusal([ones](const at::Tensor& x) {
    return at::batch_norm(x, ones, ones, ones.clone(), ones.clone(), true, 0.0, 1e-3, true);
  });
  EXPECT_NE(text.find("training"), std::string::npos) << text;
}

TEST(OnnxWriter, RefusesBytesThatContradictTheShape) {
  const std::vector<std::byte> bytes(12);
  OnnxModel model;
  model.graph.initializers.push_back({"weight", ElementType::F32, {2, 2}, bytes});
  StringSink sink;
  EXPECT_THROW(writeOnnx(model, sink), Error);
  model.graph.initializers.front().shape = {3};
  EXPECT_NO_THROW(writeOnnx(model, sink));
}

TEST(OnnxWriter, RefusesWhatProtobufCannotHold) {
  // A span of addresses that are never read: the size is known before the first byte is written.
  const std::byte one{};
  OnnxModel model;
  constexpr std::int64_t kSize = std::int64_t{1} << 31U;
  model.graph.initializers.push_back({"weight", ElementType::U8, {kSize}, {&one, static_cast<std::size_t>(kSize)}});
  StringSink sink;
  EXPECT_THROW(writeOnnx(model, sink), Error);
  EXPECT_TRUE(sink.text.empty());
}

}  // namespace
}  // namespace slab::testing
