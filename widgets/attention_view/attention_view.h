// An attention map over the image it belongs to; click, drag or arrow keys pick the query token.
#pragma once

#include <optional>

#include "widgets/attention_view/token_map.h"
#include "widgets/picture_view/picture_view.h"

namespace slab {

/// The image is dimmed, the map lies over it in the colours of `style`, the query is a white square in a
/// black one. Window borders are drawn every `window` tokens, displaced by the shift. Picking only
/// emits: the owner asks the worker and hands in the new map.
class AttentionView : public PictureView {
  Q_OBJECT

 public:
  explicit AttentionView(QWidget* parent = nullptr);

  void setMap(const TokenMap& map);
  void clearMap();
  [[nodiscard]] const TokenMap& map() const { return map_; }

  void setStyle(const OverlayStyle& style);
  [[nodiscard]] const OverlayStyle& style() const { return style_; }

  /// Colours span this interval; without one the map's own.
  void setScale(std::optional<ValueScale> scale);
  [[nodiscard]] ValueScale scale() const;
  /// The interval of this map's shown values alone.
  [[nodiscard]] ValueScale mapScale() const;

  /// Window side in tokens and its cyclic shift; 0 means no windows (global attention).
  void setWindowing(int window, int shift);

  /// The token under the cursor of this or a linked view, outlined; none to clear.
  void setCursorToken(std::optional<QPoint> token);

  /// Token (x = column, y = row) under a widget point; none outside the image.
  [[nodiscard]] std::optional<QPoint> tokenAt(QPointF widgetPoint) const;
  /// Where a token is drawn, in widget coordinates.
  [[nodiscard]] QRectF tokenRect(QPoint token) const;

 signals:
  void queryPicked(int row, int column);
  /// The token under the cursor; (-1, -1) when it left the image.
  void cursorMoved(int row, int column);

 protected:
  void paintOverlay(QPainter& painter) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;
  void leaveEvent(QEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;

 private:
  void pick(QPoint token);
  void paintWindowBorders(QPainter& painter) const;
  void paintMarker(QPainter& painter) const;
  void describe();

  TokenMap map_;
  OverlayStyle style_;
  std::optional<ValueScale> scale_;
  std::optional<QPoint> cursorToken_;
  QImage overlay_;  ///< rendered lazily; null when stale
  int window_ = 0;
  int shift_ = 0;
  bool dragging_ = false;
};

}  // namespace slab
