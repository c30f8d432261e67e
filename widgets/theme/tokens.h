// The design tokens: colours of the three themes, series styles, sizes. Values only; `Theme` applies them.
#pragma once

#include <QColor>
#include <QString>
#include <array>

namespace slab {

enum class ThemeKind { Light, Dark, HighContrast };

QString toString(ThemeKind kind);

/// Colours by meaning. Every text colour (`text`, `muted`, `accent`, `good`, `warning`, `bad`) has a contrast of at
/// least 4.5 against `background` and `panel`; `faint` is for decoration only, never for words that matter.
struct Tokens {
  ThemeKind kind = ThemeKind::Light;
  QColor background, panel, line, grid;
  QColor field;  ///< fill of an input
  QColor text, muted, faint;
  QColor accent, accentBackground, onAccent;
  QColor good, warning, bad;
  std::array<QColor, 5> series;

  [[nodiscard]] bool isDark() const { return kind != ThemeKind::Light; }
};

const Tokens& tokensOf(ThemeKind kind);

/// The colour, dash and marker of one series or run. A run keeps its index for ever, so it looks alike everywhere;
/// colours repeat after five, dash and marker change with each round.
enum class Marker { Disc, Square, Diamond, Triangle, Cross };

struct SeriesStyle {
  QColor colour;
  Qt::PenStyle dash = Qt::SolidLine;
  Marker marker = Marker::Disc;
};

SeriesStyle seriesStyle(const Tokens& tokens, int index);

/// The colour of a class of a data set with many: the series' five, then hues between them.
QColor categoryColour(const Tokens& tokens, int index);

/// Contrast ratio of WCAG 2.1 (1.4.3), 1 to 21; both colours opaque.
double contrastRatio(const QColor& a, const QColor& b);

/// `share` of `over` painted on `under` (0 to 1), opaque.
QColor mix(const QColor& under, const QColor& over, double share);

/// Sizes in pixels at 100 %; `Theme::px` scales them by the user's font size.
namespace size {
inline constexpr int kTiny = 4, kSmall = 8, kMedium = 12, kLarge = 16;
inline constexpr int kRadius = 8, kControlRadius = 6, kControl = 28;
inline constexpr int kRail = 72, kContextBar = 44, kStatusBar = 26, kMenuBar = 31;
}  // namespace size

}  // namespace slab
