// A picture one can look at closely: pan, zoom, pixel grid, keyboard.
#pragma once

#include <QImage>
#include <QPoint>
#include <QPointF>
#include <QRectF>
#include <QWidget>

#include "core/base/image.h"

namespace slab {

/// A copy of an 8-bit image as Qt draws it; null for an empty one.
QImage toQImage(const Image& image);

/// Where the picture lies in the widget: the image point in the middle and widget pixels per image
/// pixel, `zoom` 1 meaning "as large as fits". Views that share one show the same part.
struct ImageViewport {
  QPointF centre{0.5, 0.5};  ///< fractions of width and height, so that views of other sizes agree
  double zoom = 1.0;         ///< 1 (fits) to 64
  bool operator==(const ImageViewport&) const = default;
};

/// Shows one image, fitted at first. Wheel and +/- zoom about the cursor or the middle, drag with the
/// middle button (or Shift held) and the arrow keys pan, 0 fits. Above eight screen pixels per image pixel a
/// grid separates them. Subclasses paint over the image in `paintOverlay`.
class PictureView : public QWidget {
  Q_OBJECT

 public:
  explicit PictureView(QWidget* parent = nullptr);

  void setImage(const QImage& image);
  [[nodiscard]] const QImage& image() const { return image_; }

  void setViewport(const ImageViewport& viewport);
  [[nodiscard]] const ImageViewport& viewport() const { return viewport_; }
  void zoomAround(QPointF widgetPoint, double factor);
  void fit();

  /// 0 shows the image as it is, 1 hides it under the background (default 0).
  void setDimming(double amount);
  void setPixelGrid(bool visible);
  /// Words in the middle while there is no image.
  void setPlaceholder(const QString& text);

  /// The whole image in widget coordinates; partly outside while zoomed in.
  [[nodiscard]] QRectF imageRect() const;
  /// Image coordinates in pixels of a widget point; may lie outside the image.
  [[nodiscard]] QPointF toImage(QPointF widgetPoint) const;

  [[nodiscard]] QSize sizeHint() const override { return {320, 320}; }
  [[nodiscard]] QSize minimumSizeHint() const override { return {120, 120}; }

 signals:
  void viewportChanged(const slab::ImageViewport& viewport);

 protected:
  virtual void paintOverlay(QPainter& /*painter*/) {}
  void paintEvent(QPaintEvent* event) override;
  void wheelEvent(QWheelEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  void moveTo(ImageViewport viewport);
  void panBy(QPointF widgetDelta);
  void paintPixelGrid(QPainter& painter) const;

  QImage image_;
  ImageViewport viewport_;
  QString placeholder_;
  double dimming_ = 0.0;
  bool pixelGrid_ = true;
  bool panning_ = false;
  QPointF lastDrag_;
};

}  // namespace slab
