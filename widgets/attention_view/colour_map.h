// Colour maps for attention: three perceptual ones for magnitudes, one diverging for signed values.
#pragma once

#include <QColor>
#include <QString>
#include <array>
#include <span>

namespace slab {

/// Viridis, magma and cividis (Smith and van der Walt; Nunez, Anderton and Renslow) rise in lightness
/// from 0 to 1. BlueWhiteRed is for signed values: 0.5 is zero and the lightest point.
enum class ColourMap { Viridis, Magma, Cividis, BlueWhiteRed };

/// The maps offered for magnitudes, in menu order.
inline constexpr std::array kSequentialMaps{ColourMap::Viridis, ColourMap::Magma, ColourMap::Cividis};

QString colourMapName(ColourMap map);

/// The map with this name, or Magma.
ColourMap colourMapFromName(const QString& name);

/// 256 opaque colours, entry i at t = i / 255.
std::span<const QRgb, 256> colourTable(ColourMap map);

/// The table's colour at t, clamped to [0, 1]; NaN gives the lowest.
QRgb colourAt(ColourMap map, double t);

/// CIE L* (0 to 100) of an sRGB colour, D65.
double lightness(QRgb colour);

}  // namespace slab
