#include "widgets/attention_view/colour_map.h"

#include <gtest/gtest.h>

#include <cmath>

namespace slab {
namespace {

TEST(ColourMap, SequentialMapsRiseInLightness) {
  for (const ColourMap map : kSequentialMaps) {
    const auto table = colourTable(map);
    for (std::size_t i = 1; i < table.size(); ++i) {
      // Rounding to 8 bits may cost a fraction of a unit of L*.
      EXPECT_GE(lightness(table[i]), lightness(table[i - 1]) - 0.35) << colourMapName(map).toStdString() << " at " << i;
    }
    EXPECT_GT(lightness(table.back()) - lightness(table.front()), 60.0) << colourMapName(map).toStdString();
  }
}

TEST(ColourMap, SignedMapIsLightestAtZeroAndFallsToBothSides) {
  const auto table = colourTable(ColourMap::BlueWhiteRed);
  for (std::size_t i = 1; i <= 127; ++i) EXPECT_GE(lightness(table[i]), lightness(table[i - 1]) - 0.35) << i;
  for (std::size_t i = 129; i < table.size(); ++i) EXPECT_LE(lightness(table[i]), lightness(table[i - 1]) + 0.35) << i;
  EXPECT_GT(lightness(colourAt(ColourMap::BlueWhiteRed, 0.5)), 95.0);
  EXPECT_GT(qBlue(table.front()), qRed(table.front()));
  EXPECT_GT(qRed(table.back()), qBlue(table.back()));
}

TEST(ColourMap, SignedMapIsEvenlyStrongOnBothSides) {
  for (const double t : {0.0, 0.1, 0.25, 0.4}) {
    EXPECT_NEAR(lightness(colourAt(ColourMap::BlueWhiteRed, t)), lightness(colourAt(ColourMap::BlueWhiteRed, 1.0 - t)),
                6.0)
        << t;
  }
}

TEST(ColourMap, ClampsAndSurvivesNaN) {
  EXPECT_EQ(colourAt(ColourMap::Viridis, -3.0), colourAt(ColourMap::Viridis, 0.0));
  EXPECT_EQ(colourAt(ColourMap::Viridis, 7.0), colourAt(ColourMap::Viridis, 1.0));
  EXPECT_EQ(colourAt(ColourMap::Viridis, std::nan("")), colourAt(ColourMap::Viridis, 0.0));
}

TEST(ColourMap, NamesGoBothWays) {
  for (const ColourMap map : kSequentialMaps) EXPECT_EQ(colourMapFromName(colourMapName(map)), map);
}

}  // namespace
}  // namespace slab
