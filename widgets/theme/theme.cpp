#include "widgets/theme/theme.h"

#include <QApplication>
#include <QFontDatabase>
#include <QLayout>
#include <QPalette>
#include <QProxyStyle>
#include <QPushButton>
#include <QStyle>
#include <QStyleFactory>
#include <algorithm>
#include <cmath>

static void initResources() {
  Q_INIT_RESOURCE(theme);
}  // the macro wants the global namespace

namespace slab {
namespace {

constexpr char kRoleProperty[] = "slabTextRole";

/// Fusion without underlined letters in menus; Alt and the letter still work.
class QuietFusion : public QProxyStyle {
 public:
  QuietFusion() : QProxyStyle(QStyleFactory::create("Fusion")) {}
  int styleHint(StyleHint hint, const QStyleOption* option, const QWidget* widget,
                QStyleHintReturn* data) const override {
    return hint == SH_UnderlineShortcut ? 0 : QProxyStyle::styleHint(hint, option, widget, data);
  }
};

QString firstPresent(const QStringList& wanted, const QString& fallback) {
  const QStringList present = QFontDatabase::families();
  for (const QString& family : wanted) {
    if (present.contains(family)) return family;
  }
  return fallback;
}

/// Inter where present, else the system's sans; DejaVu Sans, the bare fallback, is set in its condensed cut, whose
/// widths are those of other interface fonts.
QString sansFamily() {
  const QString system = QFontDatabase::systemFont(QFontDatabase::GeneralFont).family();
  const bool bare = system.isEmpty() || system.startsWith("DejaVu") || system == "Sans" || system == "Sans Serif";
  return firstPresent(bare ? QStringList{"Inter", "Inter Display", "Noto Sans", "DejaVu Sans Condensed"}
                           : QStringList{"Inter", "Inter Display"},
                      system);
}

QString monoFamily() {
  return firstPresent({"JetBrains Mono"}, QFontDatabase::systemFont(QFontDatabase::FixedFont).family());
}

QPalette paletteOf(const Tokens& t) {
  QPalette p;
  p.setColor(QPalette::Window, t.background);
  p.setColor(QPalette::WindowText, t.text);
  p.setColor(QPalette::Base, t.panel);
  p.setColor(QPalette::AlternateBase, t.background);
  p.setColor(QPalette::Text, t.text);
  p.setColor(QPalette::Button, t.panel);
  p.setColor(QPalette::ButtonText, t.text);
  p.setColor(QPalette::BrightText, t.bad);
  p.setColor(QPalette::PlaceholderText, t.muted);
  p.setColor(QPalette::Highlight, t.accentBackground);
  p.setColor(QPalette::HighlightedText, t.text);
  p.setColor(QPalette::Link, t.accent);
  p.setColor(QPalette::LinkVisited, t.accent);
  p.setColor(QPalette::ToolTipBase, t.panel);
  p.setColor(QPalette::ToolTipText, t.text);
  p.setColor(QPalette::Light, t.line);
  p.setColor(QPalette::Midlight, t.line);
  p.setColor(QPalette::Mid, t.line);
  p.setColor(QPalette::Dark, t.line);
  p.setColor(QPalette::Shadow, t.line);
  for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText}) {
    p.setColor(QPalette::Disabled, role, t.faint);
  }
  return p;
}

}  // namespace

Theme::Theme() : sans_(sansFamily()), mono_(monoFamily()) {
  initResources();
}

Theme& Theme::instance() {
  static Theme theme;
  return theme;
}

void Theme::apply(ThemeKind kind, double fontScale) {
  kind_ = kind;
  scale_ = std::clamp(fontScale, 0.75, 3.0);
  if (!hasStyle_) QApplication::setStyle(new QuietFusion);
  hasStyle_ = true;
  QApplication::setPalette(paletteOf(tokens()));
  QApplication::setFont(font(TextRole::Body));
  qApp->setStyleSheet(styleSheetFor(tokens(), scale_));
  for (QWidget* widget : QApplication::allWidgets()) {
    const QVariant role = widget->property(kRoleProperty);
    if (role.isValid()) widget->setFont(font(static_cast<TextRole>(role.toInt())));
  }
  emit changed();
}

int Theme::px(double pixels) const {
  const int scaled = static_cast<int>(std::lround(pixels * scale_));
  return pixels > 0 ? std::max(1, scaled) : scaled;
}

QFont Theme::font(TextRole role) const {
  const bool number = role == TextRole::Number || role == TextRole::NumberStrong || role == TextRole::NumberSmall;
  double pixels = 13;
  QFont::Weight weight = QFont::Normal;
  switch (role) {
    case TextRole::Body: break;
    case TextRole::Strong: weight = QFont::DemiBold; break;
    case TextRole::Small: pixels = 11.5; break;
    case TextRole::Title: pixels = 12.5, weight = QFont::DemiBold; break;
    case TextRole::Heading: pixels = 20, weight = QFont::DemiBold; break;
    case TextRole::Number: pixels = 12.5; break;
    case TextRole::NumberStrong: pixels = 12.5, weight = QFont::DemiBold; break;
    case TextRole::NumberSmall: pixels = 11.5; break;
  }
  QFont f(number ? mono_ : sans_);
  f.setStyleHint(number ? QFont::Monospace : QFont::SansSerif);
  f.setWeight(weight);
  f.setPixelSize(std::max(6, px(pixels)));
  return f;
}

void setTextRole(QWidget* widget, TextRole role) {
  widget->setProperty(kRoleProperty, static_cast<int>(role));
  widget->setFont(theme().font(role));
}

void setMargins(QWidget* widget, double left, double top, double right, double bottom) {
  const auto set = [=] {
    widget->setContentsMargins(theme().px(left), theme().px(top), theme().px(right), theme().px(bottom));
  };
  set();
  QObject::connect(&theme(), &Theme::changed, widget, set);
}

void setMargins(QLayout* layout, double left, double top, double right, double bottom) {
  const auto set = [=] {
    layout->setContentsMargins(theme().px(left), theme().px(top), theme().px(right), theme().px(bottom));
  };
  set();
  QObject::connect(&theme(), &Theme::changed, layout, set);
}

void setTone(QWidget* widget, const QString& tone) {
  if (widget->property("tone").toString() == tone) return;
  widget->setProperty("tone", tone);
  widget->style()->unpolish(widget);
  widget->style()->polish(widget);
  widget->update();
}

void setPrimary(QPushButton* button, bool primary) {
  button->setProperty("primary", primary);
  button->style()->unpolish(button);
  button->style()->polish(button);
}

}  // namespace slab
