// Draws the objects of an image: on the screen, and into an exported picture.
#pragma once

#include <QPainter>
#include <vector>

#include "widgets/object_view/view_object.h"
#include "widgets/theme/tokens.h"

namespace slab {

/// The colour of an object: of its verdict, else of its class.
QColor objectColour(const ViewObject& object, const ObjectStyle& style, const Tokens& tokens);

/// From back to front: masks, the larger first; crowds hatched; boxes, annotated ones (dashed) under found ones
/// (solid), each on a casing that stands out from any picture; signs (a tick, a cross, a ring for what was missed) and
/// labels where they find room. The object in front and the one under the cursor come last, and always with words.
class ObjectPainter {
 public:
  /// `unit`: widget pixels that are one at 100 %.
  ObjectPainter(const std::vector<ViewObject>& objects, const ObjectStyle& style, const Tokens& tokens, double unit);

  /// `image`: the annotated image in pixels, `target`: where it is drawn. -1: no object is in front.
  void paint(QPainter& painter, QSize image, const QRectF& target, int current, int hovered);

 private:
  [[nodiscard]] QRectF placed(const QRectF& box) const;
  void paintMask(QPainter& painter, std::size_t i, bool isStrong);
  void paintBox(QPainter& painter, std::size_t i, bool isStrong) const;
  void paintLabel(QPainter& painter, std::size_t i, bool isStrong);
  void paintSign(QPainter& painter, const ViewObject& object, const QRectF& place, const QColor& ink) const;
  [[nodiscard]] bool isFree(const QRectF& place, const QRectF& bounds) const;
  const QImage& tinted(std::size_t i);

  const std::vector<ViewObject>& objects_;
  ObjectStyle style_;
  const Tokens& tokens_;
  double unit_;
  std::vector<QImage> tinted_;      // masks in their colour, made when first drawn
  std::vector<std::size_t> order_;  // back to front
  QSize image_;
  QRectF target_;
  std::vector<QRectF> taken_;  // by labels
};

}  // namespace slab
