#include "core/config/cost.h"

#include <gtest/gtest.h>

#include "core/config/arch/registry.h"

namespace slab {
namespace {

struct Row {
  const char* name;
  std::int64_t parameters, folded;
  double gmacs;  // rounded to three decimals
};

// Specification, section 3.2.
const Row kRows[] = {
    {"swin_t_prepbn", 28288383, 28264930, 4.491}, {"swin_t_prepbn_linearnorm", 28313151, 28264930, 4.491},
    {"swin_s_prepbn", 49606311, 49564402, 8.741}, {"swin_b_prepbn", 87768277, 87712416, 15.431},
    {"slab_swin_t", 29216605, 29168384, 4.483},   {"slab_swin_s", 50552965, 50467856, 8.734},
    {"slab_swin_b", 89029373, 88915912, 15.421},  {"deit_t_prepbn", 5717441, 5707816, 1.254},
    {"deit_s_prepbn", 22069889, 22031464, 4.599}, {"slab_deit_t", 6198401, 6179176, 1.139},
    {"slab_deit_s", 22992641, 22954216, 4.359},
};

TEST(Cost, ParametersAndMacsEqualTheSpecificationsTable) {
  for (const auto& row : kRows) {
    const auto cost = modelCost(modelByName(row.name));
    EXPECT_EQ(cost.parameters, row.parameters) << row.name;
    EXPECT_EQ(cost.foldedParameters, row.folded) << row.name;
    EXPECT_NEAR(static_cast<double>(cost.macs) / 1e9, row.gmacs, 0.0006) << row.name;
  }
}

TEST(Cost, EachRowIsTheSumOfTheRowsBelowIt) {
  for (const auto& entry : registry()) {
    if (!entry.built) continue;
    const auto rows = modelTree(entry.config);
    ASSERT_FALSE(rows.empty()) << entry.name;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (i + 1 >= rows.size() || rows[i + 1].depth != rows[i].depth + 1) continue;
      std::int64_t parameters = 0, macs = 0;
      for (std::size_t j = i + 1; j < rows.size() && rows[j].depth > rows[i].depth; ++j) {
        if (rows[j].depth != rows[i].depth + 1) continue;
        parameters += rows[j].parameters;
        macs += rows[j].macs;
      }
      EXPECT_EQ(parameters, rows[i].parameters) << rows[i].path;
      EXPECT_EQ(macs, rows[i].macs) << rows[i].path;
    }
  }
}

}  // namespace
}  // namespace slab
