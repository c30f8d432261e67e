// The theme of the process: tokens, fonts, palette and style sheet, following the user's choice and font size.
#pragma once

#include <QFont>
#include <QObject>

#include "widgets/theme/tokens.h"

class QApplication;
class QLayout;
class QPushButton;
class QWidget;

namespace slab {

/// Which text a font is for; sizes at 100 %: body 13, small 11.5, title 12.5 semibold, heading 20, number 12.5
/// monospaced with tabular figures, numberSmall 11.5.
enum class TextRole { Body, Strong, Small, Title, Heading, Number, NumberStrong, NumberSmall };

/// One per process, on the window thread. A widget that paints itself asks `theme().tokens()` in its paintEvent and
/// calls `update()` on `changed`; widgets made of Qt's own controls need nothing.
class Theme : public QObject {
  Q_OBJECT
 public:
  static Theme& instance();

  /// Sets style, palette, font and style sheet of the application and tells everyone. `fontScale` 0.75 to 3.
  void apply(ThemeKind kind, double fontScale = 1.0);

  [[nodiscard]] const Tokens& tokens() const { return tokensOf(kind_); }
  [[nodiscard]] ThemeKind kind() const { return kind_; }
  [[nodiscard]] double fontScale() const { return scale_; }
  [[nodiscard]] SeriesStyle series(int index) const { return seriesStyle(tokens(), index); }

  /// A size given in pixels at 100 %, scaled by the font size; at least 1 for anything above 0.
  [[nodiscard]] int px(double pixels) const;
  [[nodiscard]] QFont font(TextRole role) const;

 signals:
  void changed();

 private:
  Theme();
  ThemeKind kind_ = ThemeKind::Light;
  double scale_ = 1.0;
  bool hasStyle_ = false;
  QString sans_, mono_;
};

inline Theme& theme() {
  return Theme::instance();
}

/// Gives `widget` the font of a role and keeps it so when the font size changes.
void setTextRole(QWidget* widget, TextRole role);

/// Margins in pixels at 100 %, kept so when the font size changes.
void setMargins(QWidget* widget, double left, double top, double right, double bottom);
void setMargins(QLayout* layout, double left, double top, double right, double bottom);

/// The colour of a label's words: "muted", "faint", "accent", "good", "warning", "bad" or "" for plain text.
void setTone(QWidget* widget, const QString& tone);

/// The filled button: one per context bar or dialog, last.
void setPrimary(QPushButton* button, bool primary = true);

/// The whole style sheet for the tokens and scale; exposed for tests.
QString styleSheetFor(const Tokens& tokens, double scale);

}  // namespace slab
