// Every model, unfolded and folded, written, read back and run by an interpreter of ONNX's operators.
#include <gtest/gtest.h>

#include <set>

#include "core/base/error.h"
#include "core/export/exported.h"
#include "core/inspect/fold.h"
#include "core/inspect/small_models.h"
#include "core/models/state_dict.h"
#include "core/models/tiny.h"
#include "core/ops/options.h"

namespace slab::testing {
namespace {

class OnnxExport : public ::testing::TestWithParam<RegistryEntry> {
 protected:
  static std::shared_ptr<Backbone> model(at::ScalarType type, bool folded) {
    torch::manual_seed(3);
    auto made = buildModel(tinyConfig(GetParam()));
    stir(*made, 11);
    made->eval();
    made->to(type);
    if (folded) inspect::foldNorms(*made);
    return made;
  }
};

TEST_P(OnnxExport, ComputesTheModelsLogitsAtEveryBatch) {
  for (const bool folded : {false, true}) {
    const auto made = model(at::kFloat, folded);
    const auto onnx = exported(*made);
    for (const std::int64_t batch : {1, 4}) {
      EXPECT_LE(errorOf(*made, onnx, imagesFor(*made, batch, at::kFloat)), 1e-5) << folded << " " << batch;
    }
  }
}

// What is left in double precision is the norms' epsilon, an attribute in float32.
TEST_P(OnnxExport, IsTheSameFunctionUpToRounding) {
  for (const bool folded : {false, true}) {
    const auto made = model(at::kDouble, folded);
    EXPECT_LE(errorOf(*made, exported(*made), imagesFor(*made, 2, at::kDouble)), 1e-9) << folded;
  }
}

TEST_P(OnnxExport, NamesItsWeightsAsTheStateDict) {
  const auto made = model(at::kFloat, false);
  const auto onnx = exported(*made);
  const StateDict weights = stateDict(*made);
  std::size_t found = 0;
  for (const auto& [name, value] : onnx.initializers) {
    const at::Tensor* own = weights.find(name);
    if (own == nullptr) {
      EXPECT_LE(value.numel(), 8) << name << " is neither a weight nor a small constant";
      continue;
    }
    ++found;
    EXPECT_EQ(value.sizes(), own->sizes()) << name;
    EXPECT_TRUE(at::equal(value, *own)) << name;
  }
  EXPECT_GT(found, weights.size() / 3);
}

TEST_P(OnnxExport, SaysWhatItTakesAndGives) {
  const auto made = model(at::kFloat, false);
  const auto& config = made->config();
  const std::string side = std::to_string(config.imageSize), channels = std::to_string(config.inChannels);
  const auto open = exported(*made);
  EXPECT_EQ(open.opsets, (std::map<std::string, std::int64_t>{{"", 17}}));
  EXPECT_EQ(open.irVersion, 8);
  EXPECT_EQ(open.metadata.at("model"), config.name);
  ASSERT_EQ(open.inputs.size(), 1U);
  EXPECT_EQ(open.inputs[0].name, "images");
  EXPECT_EQ(open.inputs[0].type, 1);
  EXPECT_EQ(open.inputs[0].shape, (std::vector<std::string>{"batch", channels, side, side}));
  ASSERT_EQ(open.outputs.size(), 1U);
  EXPECT_EQ(open.outputs[0].name, "logits");
  EXPECT_EQ(open.outputs[0].shape, (std::vector<std::string>{"batch", "10"}));
  std::set<std::string> names;
  for (const auto& node : open.nodes) EXPECT_TRUE(names.insert(node.name).second) << node.name << " twice";

  const auto fixed = exported(*made, 2);
  EXPECT_EQ(fixed.inputs[0].shape.front(), "2");
  EXPECT_EQ(fixed.outputs[0].shape.front(), "2");
  for (const auto& node : fixed.nodes) EXPECT_NE(node.type, "Shape") << node.name;
  EXPECT_LE(errorOf(*made, fixed, imagesFor(*made, 2, at::kFloat)), 1e-5);
}

TEST_P(OnnxExport, LeavesTheModelAsItWas) {
  const auto made = model(at::kFloat, false);
  const ops::Options before = ops::options();
  const at::Tensor images = imagesFor(*made, 2, at::kFloat);
  const at::NoGradGuard noGradient;
  const at::Tensor expected = made->forward(images);
  exported(*made);
  EXPECT_TRUE(at::equal(made->forward(images), expected));
  EXPECT_EQ(ops::options(), before);
  for (const auto& item : made->named_parameters()) EXPECT_TRUE(item.value().requires_grad()) << item.key();
}

INSTANTIATE_TEST_SUITE_P(Registry, OnnxExport, ::testing::ValuesIn(registry()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace slab::testing
