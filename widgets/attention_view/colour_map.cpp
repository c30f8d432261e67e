#include "widgets/attention_view/colour_map.h"

#include <QCoreApplication>
#include <algorithm>
#include <cmath>

#include "core/base/magma.h"

namespace slab {
namespace {

// Samples of the published maps at even steps from 0 to 1, interpolated linearly in between.
constexpr std::array<QRgb, 11> kViridis{0x440154, 0x482475, 0x414487, 0x355f8d, 0x2a788e, 0x21918c,
                                        0x22a884, 0x44bf70, 0x7ad151, 0xbddf26, 0xfde725};
constexpr std::array<QRgb, 10> kCividis{0x00204d, 0x00336f, 0x39486b, 0x575c6d, 0x707173,
                                        0x8a8779, 0xa69d75, 0xc4b56c, 0xe4cf5b, 0xffea46};
// Lightness falls evenly on both sides of the middle, so that +x and -x look equally strong.
constexpr std::array<QRgb, 7> kBlueWhiteRed{0x123a78, 0x3f72b5, 0x9dbfe2, 0xf7f7f7, 0xeda996, 0xc9503f, 0x7f1420};

using Table = std::array<QRgb, 256>;

template <std::size_t N>
Table interpolate(const std::array<QRgb, N>& anchors) {
  Table table{};
  for (std::size_t i = 0; i < table.size(); ++i) {
    const double position = static_cast<double>(i) / 255.0 * static_cast<double>(N - 1);
    const std::size_t low = std::min<std::size_t>(static_cast<std::size_t>(position), N - 2);
    const double part = position - static_cast<double>(low);
    const auto mix = [part](int a, int b) { return static_cast<int>(std::lround(a + (b - a) * part)); };
    const QRgb a = anchors[low], b = anchors[low + 1];
    table[i] = qRgb(mix(qRed(a), qRed(b)), mix(qGreen(a), qGreen(b)), mix(qBlue(a), qBlue(b)));
  }
  return table;
}

double toLinear(int channel) {
  const double c = channel / 255.0;
  return c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
}

}  // namespace

QString colourMapName(ColourMap map) {
  switch (map) {
    case ColourMap::Viridis: return QStringLiteral("viridis");
    case ColourMap::Magma: return QStringLiteral("magma");
    case ColourMap::Cividis: return QStringLiteral("cividis");
    case ColourMap::BlueWhiteRed: break;
  }
  return QCoreApplication::translate("ColourMap", "blue to red");
}

ColourMap colourMapFromName(const QString& name) {
  for (const ColourMap map : kSequentialMaps) {
    if (colourMapName(map) == name) return map;
  }
  return ColourMap::Magma;
}

std::span<const QRgb, 256> colourTable(ColourMap map) {
  static const Table viridis = interpolate(kViridis);
  static const Table magma = interpolate(kMagma);
  static const Table cividis = interpolate(kCividis);
  static const Table blueWhiteRed = interpolate(kBlueWhiteRed);
  switch (map) {
    case ColourMap::Viridis: return viridis;
    case ColourMap::Magma: return magma;
    case ColourMap::Cividis: return cividis;
    case ColourMap::BlueWhiteRed: break;
  }
  return blueWhiteRed;
}

QRgb colourAt(ColourMap map, double t) {
  const double clamped = std::isnan(t) ? 0.0 : std::clamp(t, 0.0, 1.0);
  return colourTable(map)[static_cast<std::size_t>(std::lround(clamped * 255.0))];
}

double lightness(QRgb colour) {
  const double y =
      0.2126 * toLinear(qRed(colour)) + 0.7152 * toLinear(qGreen(colour)) + 0.0722 * toLinear(qBlue(colour));
  return y > 216.0 / 24389.0 ? 116.0 * std::cbrt(y) - 16.0 : y * 24389.0 / 27.0;
}

}  // namespace slab
