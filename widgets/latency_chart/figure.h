// A figure draws itself on the screen, into a file and onto the clipboard through one function.
#pragma once

#include <QPainter>
#include <QString>
#include <QWidget>
#include <vector>

#include "widgets/theme/theme.h"

namespace slab {

/// A painted, accessible chart. Exports are always in the light theme, whatever the window shows.
class Figure : public QWidget {
  Q_OBJECT

 public:
  explicit Figure(QWidget* parent = nullptr);

  /// Draws everything into `area` (logical pixels) with these colours.
  virtual void paintFigure(QPainter& painter, const QRectF& area, const Tokens& tokens) const = 0;

  /// Writes PNG (300 dpi), SVG or PDF by the file's suffix; false and `problem` in words when it can't.
  bool exportTo(const QString& path, QString* problem = nullptr) const;

 protected:
  void paintEvent(QPaintEvent* event) override;
};

/// Round tick values from 0 or from near `low` up to at least `high`; about `count` of them.
std::vector<double> niceTicks(double low, double high, int count);

/// Decimals that the ticks' step needs.
QString formatTick(double value, const std::vector<double>& ticks);

/// The dark ink for words on the pastel fills of charts; contrast >= 4.5 on all of them.
inline const QColor kInkOnFill(0x1b, 0x24, 0x30);

}  // namespace slab
