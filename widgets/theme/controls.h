// Small controls that every panel uses: chip, segmented choice, empty state, card header.
#pragma once

#include <QButtonGroup>
#include <QFrame>
#include <QLabel>
#include <QPointer>
#include <QPushButton>
#include <QStringList>

class QAction;
class QHBoxLayout;
class QProgressBar;

namespace slab {

/// A fact in the context bar: faint label, strong value, faint rest, e.g. "step **3 412** / 4 690". Optional colour
/// dash or dot in front. Not focusable; the whole text is its accessible name.
class Chip : public QFrame {
  Q_OBJECT
 public:
  enum class Sign { None, Dash, Dot };
  explicit Chip(QWidget* parent = nullptr);
  void setParts(const QString& label, const QString& value, const QString& rest = {}, bool number = false);
  void setSign(Sign sign, const QColor& colour = {});
  /// "accent", "bad", ...: colours the value.
  void setTone(const QString& tone);

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  QLabel *label_, *value_, *rest_;
  Sign sign_ = Sign::None;
  QColor colour_;
};

/// Few choices in one row (DeiT | PVT | Swin); left and right move, exactly one is on.
class Segmented : public QFrame {
  Q_OBJECT
 public:
  explicit Segmented(const QString& accessibleName, QWidget* parent = nullptr);
  void setOptions(const QStringList& texts, int current = 0);
  [[nodiscard]] int current() const;
  void setCurrent(int index);
  void setOptionEnabled(int index, bool enabled, const QString& why = {});

 signals:
  /// By the user only.
  void activated(int index);

 private:
  QButtonGroup* group_;
  QHBoxLayout* row_;
};

/// What a panel shows when it has nothing to show: what will be here, and the button that gets it.
class EmptyState : public QWidget {
  Q_OBJECT
 public:
  EmptyState(const QString& heading, const QString& words, QWidget* parent = nullptr);
  void setText(const QString& heading, const QString& words);
  /// Adds a button that triggers `action`; the first one is filled.
  QPushButton* addButton(QAction* action);

 private:
  QLabel *heading_, *words_;
  QHBoxLayout* buttons_;
  bool hasButton_ = false;
};

/// Title, quiet subtitle and small buttons at the right: the top line of a card.
class CardHeader : public QWidget {
  Q_OBJECT
 public:
  explicit CardHeader(const QString& title, QWidget* parent = nullptr);
  void setTitle(const QString& title);
  void setSubtitle(const QString& subtitle);
  /// No words, only a place to drag: for cards whose content says what it is.
  void setBare();
  [[nodiscard]] QString title() const;
  /// Adds `widget` (a small button, a label, a colour bar) at the right end.
  void addWidget(QWidget* widget);
  QPushButton* addButton(QAction* action);
  QSize sizeHint() const override;

 protected:
  void resizeEvent(QResizeEvent* event) override;

 private:
  void elide();

  QLabel *title_, *subtitle_;
  QHBoxLayout* row_;
  QString subtitleText_;
  bool isBare_ = false;
};

/// A small push button that follows `action` (text, enabled, checked, tool tip).
QPushButton* makeActionButton(QAction* action, QWidget* parent = nullptr);

/// Makes `bar` the thin line under a card's header that shows how far its work is.
void setProgressLine(QProgressBar& bar, const QString& accessibleName);

}  // namespace slab
