// Rows over steps as colours: one quantity of many layers at a glance.
#pragma once

#include <QImage>
#include <QPointer>
#include <QWidget>
#include <memory>
#include <optional>
#include <vector>

#include "widgets/curve_plot/curve_link.h"
#include "widgets/heat_map/heat_cells.h"

namespace slab {

/// One row. `data` is shared with whoever appends to it, on the window thread; null: nothing yet.
struct HeatRow {
  QString name;  ///< "layers.0.blocks.0.norm1"
  std::shared_ptr<const SeriesStore> data;
  QString note;            ///< at the right end: "alpha 1.25"
  bool isAlarmed = false;  ///< a mark before the name
};

/// The quantity under the cursor stands in words above the map. A click or up and down choose a row, left and right
/// move the cursor by one point; it is shared with the plots of the link, and so is the range while the link is in
/// steps. Values that are not finite have the colour of errors.
class HeatMap : public QWidget {
  Q_OBJECT
 public:
  explicit HeatMap(const QString& accessibleName, QWidget* parent = nullptr);

  void setLink(CurveLink* link);
  void setRows(std::vector<HeatRow> rows);
  /// `quantity` names the values: "share of RepBN".
  void setScale(const QString& quantity, const HeatScale& scale);
  /// Steps shown while the link follows.
  void setXExtent(double lower, double upper);
  /// Shown while no row has a value.
  void setEmptyText(const QString& words);
  void setCurrentRow(int row);

  [[nodiscard]] const std::vector<HeatRow>& rows() const { return rows_; }
  [[nodiscard]] int currentRow() const { return current_; }
  /// "layers.0.norm1, step 300: share of RepBN 0.42": under the cursor, else the current row's last value.
  [[nodiscard]] QString words() const;
  /// The area of a row's cells.
  [[nodiscard]] QRectF rowRect(int row) const;
  [[nodiscard]] QSize sizeHint() const override;
  [[nodiscard]] QSize minimumSizeHint() const override;

 public slots:
  /// Call when data grew.
  void refresh();

 signals:
  /// By the user only.
  void rowChosen(int row);

 protected:
  void paintEvent(QPaintEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void leaveEvent(QEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void wheelEvent(QWheelEvent* event) override;

 private:
  [[nodiscard]] bool isEmpty() const;
  [[nodiscard]] QRectF mapRect() const;
  [[nodiscard]] std::pair<double, double> xRange() const;
  [[nodiscard]] double stepAt(double x) const;
  [[nodiscard]] double pixelOf(double step) const;
  [[nodiscard]] int rowAt(QPointF point) const;
  [[nodiscard]] QImage renderRow(const HeatRow& row, int columns) const;
  void paintRow(QPainter& painter, int row) const;
  void paintAxis(QPainter& painter) const;
  void choose(int row);
  void moveCursor(int points);

  QString quantity_, empty_;
  HeatScale scale_;
  std::vector<HeatRow> rows_;
  int current_ = 0;
  std::optional<int> hovered_;
  std::optional<std::pair<double, double>> extent_;
  CurveLink ownLink_;
  QPointer<CurveLink> link_;
};

}  // namespace slab
