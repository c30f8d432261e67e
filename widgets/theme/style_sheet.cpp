#include <QRegularExpression>
#include <QStringList>
#include <cmath>
#include <utility>

#include "widgets/theme/theme.h"

namespace slab {
namespace {

/// `@name` is a token's colour, `{n}` a size of n pixels at 100 %.
constexpr char kSheet[] = R"(
QWidget { color: @text; }
QMainWindow, QDialog, QWizard { background: @background; }
QLabel, QCheckBox, QRadioButton { background: transparent; }
*[tone="muted"] { color: @muted; }
*[tone="faint"] { color: @faint; }
*[tone="accent"] { color: @accent; }
*[tone="good"] { color: @good; }
*[tone="warning"] { color: @warning; }
*[tone="bad"] { color: @bad; }

QPushButton, QToolButton[button="true"] { background: @panel; border: {1} solid @line; border-radius: {6};
  padding: 0 {11}; min-height: {26}; color: @text; }
QPushButton:hover, QToolButton[button="true"]:hover { background: @hover; }
QPushButton:pressed, QPushButton:checked { background: @accentBackground; color: @accent; }
QPushButton:disabled { color: @faint; background: @panel; }
QPushButton:focus { border: {2} solid @accent; padding: 0 {10}; min-height: {24}; }
QPushButton[primary="true"] { background: @accent; color: @onAccent; border-color: @accent; font-weight: 600; }
QPushButton[primary="true"]:hover { background: @accentHover; }
QPushButton[primary="true"]:disabled { background: @accentDim; color: @onAccentDim; border-color: @accentDim; }
QPushButton[primary="true"]:focus { border: {2} solid @text; }
QPushButton[small="true"] { padding: 0 {8}; min-height: {20}; }
QPushButton[small="true"]:focus { padding: 0 {7}; min-height: {18}; }
QPushButton[flat="true"] { background: transparent; border-color: transparent; color: @accent; }
QPushButton::menu-indicator { image: none; width: 0; }

QFrame#chip { border: {1} solid @line; border-radius: {6}; background: @panel; }
QFrame#segmented { border: {1} solid @line; border-radius: {6}; background: @panel; }
QFrame#segmented QPushButton { border: none; border-radius: 0; border-right: {1} solid @line; min-height: {24};
  padding: 0 {10}; background: transparent; color: @muted; }
QFrame#segmented QPushButton[last="true"] { border-right: none; border-top-right-radius: {5};
  border-bottom-right-radius: {5}; }
QFrame#segmented QPushButton[first="true"] { border-top-left-radius: {5}; border-bottom-left-radius: {5}; }
QFrame#segmented QPushButton:checked { background: @accentBackground; color: @accent; font-weight: 600; }
QFrame#segmented QPushButton:disabled { color: @faint; }
QFrame#segmented QPushButton:focus { border: {2} solid @accent; padding: 0 {9}; min-height: {22}; }

QLineEdit, QPlainTextEdit, QTextEdit, QAbstractSpinBox, QComboBox { background: @field; border: {1} solid @line;
  border-radius: {6}; padding: 0 {8}; min-height: {26}; color: @text; selection-background-color: @accent;
  selection-color: @onAccent; }
QPlainTextEdit, QTextEdit { padding: {6}; }
QPlainTextEdit[bare="true"], QPlainTextEdit[bare="true"]:focus { background: transparent; border: none; padding: 0; }
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus, QAbstractSpinBox:focus, QComboBox:focus {
  border: {2} solid @accent; padding: 0 {7}; min-height: {24}; }
QPlainTextEdit:focus, QTextEdit:focus { padding: {5}; }
QLineEdit[problem="true"] { border: {1} solid @bad; }
QComboBox::drop-down { border: none; width: {20}; }
QComboBox::down-arrow { image: url(:/slab/arrow-@kind.svg); width: {10}; height: {10}; }
QComboBox QAbstractItemView { background: @panel; border: {1} solid @line; selection-background-color: @accentBackground;
  selection-color: @text; outline: none; }
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button { border: none; background: transparent; width: {16}; }

QMenuBar { background: @panel; border-bottom: {1} solid @line; padding: {2} {6}; }
QMenuBar::item { background: transparent; padding: {4} {9}; border-radius: {4}; }
QMenuBar::item:selected, QMenuBar::item:pressed { background: @accentBackground; color: @accent; }
QMenu { background: @panel; border: {1} solid @line; padding: {4}; }
QMenu::item { padding: {5} {28} {5} {24}; border-radius: {4}; }
QMenu::item:selected { background: @accentBackground; color: @text; }
QMenu::item:disabled { color: @faint; }
QMenu::separator { height: {1}; background: @line; margin: {4} {8}; }
QToolTip { background: @panel; color: @text; border: {1} solid @line; padding: {4}; }
QStatusBar { background: @panel; border-top: {1} solid @line; color: @muted; }
QStatusBar::item { border: none; }
QStatusBar QLabel { color: @muted; }

QAbstractItemView { background: transparent; border: none; outline: none; alternate-background-color: @background;
  selection-background-color: @accentBackground; selection-color: @text; gridline-color: @line; }
QAbstractScrollArea::corner { background: transparent; border: none; }
QCheckBox::indicator, QAbstractItemView::indicator, QMenu::indicator { width: {13}; height: {13};
  border: {1} solid @faint; border-radius: {3}; background: @panel; }
QMenu::indicator { margin-left: {5}; }
QCheckBox::indicator:checked, QAbstractItemView::indicator:checked, QMenu::indicator:checked { background: @accent;
  border-color: @accent; image: url(:/slab/check-@kind.svg); }
QCheckBox::indicator:disabled { border-color: @line; }
QCheckBox::indicator:focus { border: {2} solid @accent; }
QHeaderView { background: transparent; border: none; }
QHeaderView::section { background: @panel; color: @muted; border: none; border-bottom: {1} solid @line;
  padding: {4} {8}; }
QTableCornerButton::section { background: @panel; border: none; }

QScrollArea, QScrollArea > QWidget > QWidget { background: transparent; border: none; }
QScrollBar:vertical { background: transparent; width: {10}; margin: 0; }
QScrollBar:horizontal { background: transparent; height: {10}; margin: 0; }
QScrollBar::handle { background: @handle; border-radius: {3}; margin: {2}; }
QScrollBar::handle:vertical { min-height: {28}; }
QScrollBar::handle:horizontal { min-width: {28}; }
QScrollBar::handle:hover { background: @faint; }
QScrollBar::add-line, QScrollBar::sub-line, QScrollBar::add-page, QScrollBar::sub-page { background: none; border: none;
  width: 0; height: 0; }

QTabBar::tab { background: transparent; color: @muted; padding: {4} {10}; border-bottom: {2} solid transparent; }
QTabBar::tab:selected { color: @accent; border-bottom: {2} solid @accent; }
QMainWindow::separator { background: transparent; width: {8}; height: {8}; }
QMainWindow::separator:hover { background: @accentBackground; }
QSplitter::handle { background: transparent; }
QProgressBar { background: @grid; border: none; border-radius: {4}; max-height: {8}; text-align: center; }
QProgressBar::chunk { background: @accent; border-radius: {4}; }
QSlider::groove:horizontal { background: @line; height: {4}; border-radius: {2}; }
QSlider::sub-page:horizontal { background: @accent; height: {4}; border-radius: {2}; }
QSlider::handle:horizontal { background: @panel; border: {2} solid @accent; width: {12}; height: {12}; margin: -{6} 0;
  border-radius: {8}; }
QSlider::handle:horizontal:focus { background: @accent; }
QCheckBox { spacing: {8}; }
QCheckBox:focus, QRadioButton:focus { color: @accent; }
QGroupBox { border: none; margin-top: {18}; font-weight: 600; }
QGroupBox::title { subcontrol-origin: margin; left: 0; }
)";

QList<std::pair<QString, QColor>> namedColours(const Tokens& t) {
  // Longer names first: `@accentBackground` must not be read as `@accent` and a rest.
  return {{"accentBackground", t.accentBackground},
          {"accentHover", mix(t.accent, t.text, 0.12)},
          {"accentDim", mix(t.panel, t.accent, 0.55)},
          {"onAccentDim", mix(t.accent, t.onAccent, 0.9)},
          {"background", t.background},
          {"onAccent", t.onAccent},
          {"accent", t.accent},
          {"warning", t.warning},
          {"handle", mix(t.panel, t.faint, 0.5)},
          {"hover", mix(t.panel, t.accentBackground, 0.6)},
          {"panel", t.panel},
          {"field", t.field},
          {"muted", t.muted},
          {"faint", t.faint},
          {"text", t.text},
          {"line", t.line},
          {"grid", t.grid},
          {"good", t.good},
          {"bad", t.bad}};
}

}  // namespace

QString styleSheetFor(const Tokens& tokens, double scale) {
  QString sheet = QString::fromLatin1(kSheet);
  sheet.replace("@kind", tokens.isDark() ? "dark" : "light");
  for (const auto& [name, colour] : namedColours(tokens)) sheet.replace("@" + name, colour.name());
  static const QRegularExpression sizes("\\{(\\d+)\\}");
  QString out;
  qsizetype end = 0;
  for (auto it = sizes.globalMatch(sheet); it.hasNext();) {
    const auto match = it.next();
    const long pixels = std::max(1L, std::lround(match.captured(1).toInt() * scale));
    out += sheet.mid(end, match.capturedStart() - end) + QString::number(pixels) + "px";
    end = match.capturedEnd();
  }
  return out + sheet.mid(end);
}

}  // namespace slab
