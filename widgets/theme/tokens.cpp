#include "widgets/theme/tokens.h"

#include <algorithm>
#include <cmath>

namespace slab {
namespace {

Tokens lightTokens() {
  Tokens t;
  t.kind = ThemeKind::Light;
  t.background = "#f6f7f9", t.panel = "#ffffff", t.line = "#dfe3e8", t.grid = "#eceff2", t.field = "#f6f7f9";
  t.text = "#1b2430", t.muted = "#5b6775", t.faint = "#8b96a3";
  t.accent = "#0b66c3", t.accentBackground = "#e3effb", t.onAccent = "#ffffff";
  t.good = "#117a4b", t.warning = "#9a5b00", t.bad = "#b3261e";
  t.series = {QColor("#0072b2"), QColor("#d55e00"), QColor("#009e73"), QColor("#aa4499"), QColor("#7a6a00")};
  return t;
}

Tokens darkTokens() {
  Tokens t;
  t.kind = ThemeKind::Dark;
  t.background = "#14181d", t.panel = "#1b2026", t.line = "#2c343d", t.grid = "#242b33", t.field = "#14181d";
  t.text = "#e4e9ee", t.muted = "#9aa6b2", t.faint = "#6c7885";
  t.accent = "#63b0ff", t.accentBackground = "#1d3145", t.onAccent = "#0e1a26";
  t.good = "#4cc38a", t.warning = "#f0b040", t.bad = "#ff7b72";
  t.series = {QColor("#56b4e9"), QColor("#f0884d"), QColor("#3ecf9e"), QColor("#d78bd0"), QColor("#d9c54a")};
  return t;
}

Tokens highContrastTokens() {
  Tokens t;
  t.kind = ThemeKind::HighContrast;
  t.background = "#000000", t.panel = "#000000", t.line = "#ffffff", t.grid = "#4d4d4d", t.field = "#000000";
  t.text = "#ffffff", t.muted = "#e0e0e0", t.faint = "#b0b0b0";
  t.accent = "#7cc4ff", t.accentBackground = "#003a66", t.onAccent = "#000000";
  t.good = "#5ef0a8", t.warning = "#ffd24d", t.bad = "#ff9a94";
  t.series = {QColor("#6cc8ff"), QColor("#ff9f66"), QColor("#4df0b8"), QColor("#f0a6ea"), QColor("#ffee66")};
  return t;
}

double linearChannel(double c) {
  return c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
}

double luminance(const QColor& c) {
  return 0.2126 * linearChannel(c.redF()) + 0.7152 * linearChannel(c.greenF()) + 0.0722 * linearChannel(c.blueF());
}

}  // namespace

QString toString(ThemeKind kind) {
  switch (kind) {
    case ThemeKind::Light: return QStringLiteral("light");
    case ThemeKind::Dark: return QStringLiteral("dark");
    case ThemeKind::HighContrast: return QStringLiteral("high-contrast");
  }
  return {};
}

const Tokens& tokensOf(ThemeKind kind) {
  static const Tokens light = lightTokens(), dark = darkTokens(), contrast = highContrastTokens();
  switch (kind) {
    case ThemeKind::Dark: return dark;
    case ThemeKind::HighContrast: return contrast;
    case ThemeKind::Light: break;
  }
  return light;
}

SeriesStyle seriesStyle(const Tokens& tokens, int index) {
  static constexpr std::array kDashes{Qt::SolidLine, Qt::DashLine, Qt::DashDotLine, Qt::DotLine, Qt::DashDotDotLine};
  static constexpr std::array kMarkers{Marker::Disc, Marker::Square, Marker::Diamond, Marker::Triangle, Marker::Cross};
  const int i = std::max(0, index);
  const auto colours = static_cast<int>(tokens.series.size());
  const auto round = static_cast<std::size_t>(i / colours) % kDashes.size();
  return {tokens.series[static_cast<std::size_t>(i % colours)], kDashes[round],
          kMarkers[(static_cast<std::size_t>(i) + round) % kMarkers.size()]};
}

QColor categoryColour(const Tokens& tokens, int index) {
  const int colours = static_cast<int>(tokens.series.size()), i = std::max(0, index);
  const QColor& base = tokens.series[static_cast<std::size_t>(i % colours)];
  const int round = i / colours;
  if (round == 0) return base;
  // The golden angle never comes back to a hue that was there.
  const double hue = std::fmod(base.hslHueF() + round * 0.381966, 1.0);
  const double lift = round % 2 == 0 ? 0.04 : -0.04;
  return QColor::fromHslF(static_cast<float>(hue), base.hslSaturationF(),
                          std::clamp(base.lightnessF() + static_cast<float>(lift), 0.2F, 0.85F));
}

double contrastRatio(const QColor& a, const QColor& b) {
  const double la = luminance(a), lb = luminance(b);
  return (std::max(la, lb) + 0.05) / (std::min(la, lb) + 0.05);
}

QColor mix(const QColor& under, const QColor& over, double share) {
  const auto blend = [share](double u, double o) { return static_cast<float>(u + (o - u) * share); };
  return QColor::fromRgbF(blend(under.redF(), over.redF()), blend(under.greenF(), over.greenF()),
                          blend(under.blueF(), over.blueF()));
}

}  // namespace slab
