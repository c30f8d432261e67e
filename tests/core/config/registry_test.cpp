#include "core/config/arch/registry.h"

#include <gtest/gtest.h>

#include <set>

#include "core/base/error.h"
#include "core/config/arch/swin.h"
#include "core/config/validate.h"

namespace slab {
namespace {

TEST(Registry, HoldsEveryFixedNameOnce) {
  std::set<std::string> names;
  for (const auto& entry : registry()) {
    EXPECT_TRUE(names.insert(entry.name).second) << entry.name;
    EXPECT_EQ(entry.config.name, entry.name);
  }
  std::set<std::string> expected;
  for (const char* s : {"t", "s", "b"}) {
    const std::string size = s;
    for (const std::string family : {"swin_", "deit_"}) {
      expected.insert({family + size, family + size + "_prepbn", "slab_" + family + size});
    }
    expected.insert({"swin_" + size + "_prepbn_linearnorm", "flatten_swin_" + size});
  }
  expected.insert("deit_t_prepbn_linearnorm");
  for (const std::string tail : {"pvt_t", "pvt_s", "pvt_m", "pvt_l", "pvt_v2_b0", "pvt_v2_b1", "pvt_v2_b2", "pvt_v2_b3",
                                 "pvt_v2_b4", "pvt_v2_b5", "cswin_t", "cswin_s"}) {
    expected.insert({tail, tail + "_prepbn", "slab_" + tail, "flatten_" + tail});
  }
  EXPECT_EQ(names, expected);
}

TEST(Registry, TheBareSwinAndDeitTinyPrepbnNamesAreRepBnAlone) {
  EXPECT_EQ(modelByName("swin_s_prepbn").norm, NormKind::RepBn);
  EXPECT_EQ(modelByName("deit_t_prepbn").norm, NormKind::RepBn);
  EXPECT_EQ(modelByName("deit_s_prepbn").norm, NormKind::PrepBn);
  EXPECT_EQ(modelByName("swin_b_prepbn_linearnorm").norm, NormKind::PrepBn);
}

TEST(Registry, AnUnknownNameSuggestsTheNearest) {
  try {
    modelByName("slab_swim_t");
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("slab_swin_t"), std::string::npos);
  }
}

TEST(Registry, EveryModelIsValid) {
  for (const auto& entry : registry()) {
    EXPECT_EQ(toText(validateModel(entry.config)), "") << entry.name;
  }
}

TEST(Registry, PickingByFamilySizeNormAndAttentionIsUnambiguous) {
  EXPECT_EQ(nameFor(Family::Swin, "t", NormKind::PrepBn, 'S'), "swin_t_prepbn_linearnorm");
  EXPECT_EQ(nameFor(Family::Swin, "t", NormKind::PrepBn, 'L'), "slab_swin_t");
  EXPECT_EQ(nameFor(Family::DeiT, "b", NormKind::RepBn, 'S'), std::nullopt);
}

TEST(SwinStages, FollowTheWindowRule) {
  const auto windows = [](const ModelConfig& model) {
    std::vector<std::int64_t> list;
    for (const auto& stage : swinStages(model)) list.push_back(stage.blocks.front().window);
    return list;
  };
  EXPECT_EQ(windows(modelByName("slab_swin_t")), (std::vector<std::int64_t>{56, 28, 7, 7}));
  EXPECT_EQ(windows(modelByName("swin_t")), (std::vector<std::int64_t>{7, 7, 7, 7}));
  ModelConfig large = modelByName("slab_swin_t");
  large.imageSize = 384;
  large.window = 96;
  EXPECT_EQ(windows(large), (std::vector<std::int64_t>{96, 48, 12, 12}));
  const auto stages = swinStages(modelByName("slab_swin_t"));
  EXPECT_EQ(stages[0].blocks[1].shift, 0);
  EXPECT_EQ(stages[2].blocks[0].shift, 0);
  EXPECT_EQ(stages[2].blocks[1].shift, 3);
  EXPECT_EQ(stages[3].blocks[1].shift, 0);
}

TEST(SwinStages, NearestSizesThatFitDoFit) {
  ModelConfig model = modelByName("swin_t");
  model.imageSize = 230;
  EXPECT_NE(swinGeometryProblem(model), "");
  const auto sizes = swinSizesThatFit(model);
  ASSERT_EQ(sizes, (std::vector<std::int64_t>{224, 448}));
  for (const auto size : sizes) {
    model.imageSize = size;
    EXPECT_EQ(swinGeometryProblem(model), "");
  }
}

}  // namespace
}  // namespace slab
