// An image with what is annotated in it and what a model found: boxes, masks, crowds, labels.
#pragma once

#include <memory>
#include <vector>

#include "widgets/object_view/object_painter.h"
#include "widgets/picture_view/picture_view.h"

namespace slab {

/// Zooms and pans as PictureView does. The object under the cursor is in front; a click puts one there to stay, the
/// smallest where several lie; a click beside all lets go. Full stop and comma go from object to object, Escape lets
/// go, Enter or a double click opens; Page Down and Page Up ask for the next and the previous image.
class ObjectView : public PictureView {
  Q_OBJECT

 public:
  explicit ObjectView(QWidget* parent = nullptr);

  /// `pixels`: size of the annotated image, in whose pixels boxes are; `picture` may be a smaller copy, or null while
  /// it is not there: then objects lie on a plain ground.
  void setScene(const QImage& picture, QSize pixels);
  void setObjects(std::vector<ViewObject> objects);
  [[nodiscard]] const std::vector<ViewObject>& objects() const { return objects_; }
  void setStyle(const ObjectStyle& style);
  [[nodiscard]] const ObjectStyle& style() const { return style_; }

  /// The object in front; -1: none.
  [[nodiscard]] int current() const { return current_; }
  void setCurrent(int index);
  [[nodiscard]] int hovered() const { return hovered_; }
  /// The smallest object under a widget point, found ones before annotated ones of that size; -1: none.
  [[nodiscard]] int objectAt(QPointF widgetPoint) const;
  /// Where an object's box is drawn, in widget coordinates.
  [[nodiscard]] QRectF objectRect(int index) const;

  /// The whole image with its objects, without what the cursor does: `scale` pixels a pixel of the annotated image.
  [[nodiscard]] QImage picture(double scale = 1) const;

 signals:
  /// By mouse or keyboard; -1: none.
  void objectPicked(int index);
  void objectActivated(int index);
  void objectHovered(int index);
  /// +1 or -1.
  void stepWanted(int step);

 protected:
  void paintOverlay(QPainter& painter) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseDoubleClickEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void leaveEvent(QEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;

 private:
  void pick(int index);
  void setHovered(int index);
  void describe();

  std::vector<ViewObject> objects_;
  ObjectStyle style_;
  QSize pixels_;
  std::unique_ptr<ObjectPainter> painter_;  // null when objects, style or theme changed
  int current_ = -1, hovered_ = -1;
};

}  // namespace slab
