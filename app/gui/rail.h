// The rail at the left: one button a workspace, never moving.
#pragma once

#include <QAbstractButton>
#include <QButtonGroup>
#include <QWidget>

#include "widgets/theme/icons.h"

namespace slab {

class RailButton : public QAbstractButton {
  Q_OBJECT
 public:
  RailButton(Glyph glyph, const QString& text, QWidget* parent);
  QSize sizeHint() const override;

 protected:
  void paintEvent(QPaintEvent* event) override;
  bool event(QEvent* event) override;

 private:
  Glyph glyph_;
};

class Rail : public QWidget {
  Q_OBJECT
 public:
  explicit Rail(QWidget* parent = nullptr);
  void addButton(Glyph glyph, const QString& text, const QString& tool_tip);
  void setCurrent(int index);

 signals:
  void chosen(int index);

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  QButtonGroup group_;
};

}  // namespace slab
