#include "core/inspect/fold_certificate.h"

#include <gtest/gtest.h>

#include "tests/core/inspect/small_models.h"

namespace slab::inspect {
namespace {

TEST(Fold, EveryBuiltKindFoldsToTheSameFunction) {
  for (const auto& entry : builtKinds()) {
    const auto model = stirredModel(entry);
    const auto certificate = certifyFold(*model, randomImages(*model, 4));
    EXPECT_LT(certificate.outputsSingle.relative, 1e-4) << entry.name;
    EXPECT_LT(certificate.outputsDouble.relative, 1e-12) << entry.name;
    EXPECT_TRUE(certificate.changedTop1.empty()) << entry.name;
    for (const auto& row : certificate.rows) {
      EXPECT_EQ(row.folded, row.kind != "layer_norm") << entry.name << " " << row.norm;
      EXPECT_EQ(row.folded, row.reason.empty()) << row.norm;
      EXPECT_LT(row.single.relative, 1e-5) << entry.name << " " << row.norm;
      EXPECT_LT(row.twofold.relative, 1e-13) << entry.name << " " << row.norm;
      EXPECT_FALSE(row.into.empty()) << row.norm;
    }
  }
}

TEST(Fold, AFoldedModelHasNoNormLeftAndTheSpecificationsParameterCount) {
  const auto* entry = findModel("slab_swin_t");
  auto model = buildModel(entry->config);
  model->eval();
  EXPECT_EQ(model->parameterCount(), 29216605);
  for (const auto& outcome : foldNorms(*model)) EXPECT_TRUE(outcome.folded) << outcome.norm;
  EXPECT_EQ(model->parameterCount(), 29168384);
  EXPECT_TRUE(model->foldSites().empty());
}

TEST(Fold, TheOriginalModelIsLeftAsItWas) {
  const auto model = stirredModel(*findModel("slab_deit_t"));
  const auto images = randomImages(*model, 2);
  at::NoGradGuard noGradient;
  const auto before = model->forward(images).clone();
  certifyFold(*model, images);
  EXPECT_TRUE(at::equal(before, model->forward(images)));
}

// The reference's own merge forgets alpha times the convolution's bias (specification, section 1.6); the
// certificate must notice such a mistake.
TEST(Fold, TheCertificateWouldCatchTheMissingBiasTerm) {
  const auto model = stirredModel(*findModel("slab_swin_t"));
  const auto images = randomImages(*model, 2);
  const auto folded = copyModel(*model);
  foldNorms(*folded);
  at::NoGradGuard noGradient;
  at::Tensor alpha, bias;
  for (const auto& parameter : model->named_parameters()) {
    if (parameter.key() == "patch_embed.norm.norm2.alpha") alpha = parameter.value();
    if (parameter.key() == "patch_embed.proj.bias") bias = parameter.value();
  }
  const auto right = discrepancy(model->forward(images), folded->forward(images));
  for (auto& parameter : folded->named_parameters()) {
    if (parameter.key() == "patch_embed.proj.bias") parameter.value().sub_(alpha * bias);
  }
  const auto wrong = discrepancy(model->forward(images), folded->forward(images));
  EXPECT_LT(right.relative, 1e-4);
  EXPECT_GT(wrong.relative, 1e-3);
}

}  // namespace
}  // namespace slab::inspect
