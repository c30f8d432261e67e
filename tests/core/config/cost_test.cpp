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
    {"swin_t_prepbn", 28288383, 28264930, 4.491},     {"swin_t_prepbn_linearnorm", 28313151, 28264930, 4.491},
    {"swin_s_prepbn", 49606311, 49564402, 8.741},     {"swin_b_prepbn", 87768277, 87712416, 15.431},
    {"slab_swin_t", 29216605, 29168384, 4.483},       {"slab_swin_s", 50552965, 50467856, 8.734},
    {"slab_swin_b", 89029373, 88915912, 15.421},      {"deit_t_prepbn", 5717441, 5707816, 1.254},
    {"deit_s_prepbn", 22069889, 22031464, 4.599},     {"slab_deit_t", 6198401, 6179176, 1.139},
    {"slab_deit_s", 22992641, 22954216, 4.359},       {"pvt_t_prepbn", 13239554, 13214952, 1.926},
    {"slab_pvt_t", 12157692, 12137192, 2.036},        {"pvt_s_prepbn", 24507801, 24459880, 3.806},
    {"slab_pvt_s", 21683788, 21646376, 4.028},        {"pvt_m_prepbn", 44253117, 44159080, 6.649},
    {"slab_pvt_m", 37267300, 37199144, 7.034},        {"pvt_l_prepbn", 61434724, 61299944, 9.804},
    {"slab_pvt_l", 50684478, 50589160, 10.378},       {"slab_pvt_v2_b0", 3599968, 3587656, 0.580},
    {"slab_pvt_v2_b1", 12941504, 12916904, 2.218},    {"slab_pvt_v2_b2", 22564880, 22523368, 4.248},
    {"slab_pvt_v2_b3", 38301992, 38229736, 7.282},    {"slab_pvt_v2_b4", 51875330, 51775912, 10.675},
    {"slab_pvt_v2_b5", 67111640, 66980968, 12.433},   {"pvt_v2_b0_prepbn", 3672928, 3660616, 0.566},
    {"pvt_v2_b1_prepbn", 14021312, 13996712, 2.108},  {"pvt_v2_b2_prepbn", 25383632, 25342120, 4.027},
    {"pvt_v2_b3_prepbn", 45274856, 45202600, 6.897},  {"pvt_v2_b4_prepbn", 62605826, 62506408, 10.101},
    {"pvt_v2_b5_prepbn", 82021400, 81890728, 11.717},
    {"slab_cswin_t", 21227807, 21175784, 4.324},
    {"slab_cswin_s", 35494205, 35409384, 6.783},
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
