// Thumbnails of every head of one layer for the same query, to compare and to pick from.
#pragma once

#include <QScrollArea>
#include <vector>

#include "widgets/attention_view/token_map.h"

namespace slab {

class HeadStripCanvas;

/// Scrolls sideways when the heads don't fit. Left and right arrows or a click pick a head.
class HeadStrip : public QScrollArea {
  Q_OBJECT

 public:
  explicit HeadStrip(QWidget* parent = nullptr);

  void setImage(const QImage& image);
  /// Entry h is head h; an empty map is drawn as the dimmed image alone.
  void setHeads(std::vector<TokenMap> heads);
  void setStyle(const OverlayStyle& style);
  /// One scale for all heads; without one each has its own.
  void setScale(std::optional<ValueScale> scale);
  void setCurrent(int head);
  [[nodiscard]] int current() const;
  [[nodiscard]] int count() const;

  [[nodiscard]] QSize sizeHint() const override;

 signals:
  /// By the user only.
  void headPicked(int head);

 private:
  HeadStripCanvas* canvas_;
};

/// The strip itself, all heads side by side.
class HeadStripCanvas : public QWidget {
  Q_OBJECT

 public:
  explicit HeadStripCanvas(QWidget* parent = nullptr);
  void refresh();
  [[nodiscard]] QSize sizeHint() const override;
  [[nodiscard]] QRect cell(int head) const;

  QImage image;
  std::vector<TokenMap> heads;
  OverlayStyle style;
  std::optional<ValueScale> scale;
  int current = 0;

 signals:
  void picked(int head);

 protected:
  void paintEvent(QPaintEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;

 private:
  void paintHead(QPainter& painter, int head) const;
  [[nodiscard]] int side() const;
};

}  // namespace slab
