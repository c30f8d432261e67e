// A grid of thumbnails over a data set of any size: only what is on the screen is ever asked for.
#pragma once

#include <QAbstractScrollArea>
#include <QCache>
#include <QImage>
#include <QSet>
#include <vector>

namespace slab {

/// One image as the grid shows it.
struct Thumbnail {
  QImage image;       ///< null for a file that does not decode, or that is on its way (no defect either)
  QString label;      ///< class name; "" when unknown
  QString defect;     ///< why it does not decode, else ""
  qint64 index = -1;  ///< of the split; differs from the position when a class filter is on
};

/// Positions 0 to count-1 in the filtered set. Whoever owns the grid answers `pageWanted` by `setThumbnails`,
/// at any time; answers for another generation (a changed filter) are dropped. Arrows, Page Up and Down, Home and
/// End move; Enter opens.
class DatasetGrid : public QAbstractScrollArea {
  Q_OBJECT

 public:
  static constexpr int kPageSize = 64;

  explicit DatasetGrid(QWidget* parent = nullptr);

  /// A new set: forgets every thumbnail and starts a new generation.
  void reset(qint64 count);
  [[nodiscard]] qint64 count() const { return count_; }
  [[nodiscard]] int generation() const { return generation_; }

  void setThumbnails(int generation, qint64 first, const std::vector<Thumbnail>& thumbnails);
  /// A page whose request failed; it is asked for again when it is shown again.
  void forgetPage(int generation, qint64 first);

  /// Side of a thumbnail in pixels at 100 %.
  void setThumbnailSide(int pixels);
  [[nodiscard]] int thumbnailSide() const { return side_; }

  [[nodiscard]] qint64 current() const { return current_; }
  /// The loaded thumbnail at a position, or null.
  [[nodiscard]] const Thumbnail* thumbnail(qint64 position) const;
  void setCurrent(qint64 position);
  void setPlaceholder(const QString& text);

  [[nodiscard]] qint64 firstVisible() const;
  [[nodiscard]] qint64 lastVisible() const;

 signals:
  /// Thumbnails for positions [first, first + count) are wanted.
  void pageWanted(int generation, qint64 first, qint64 count);
  void currentChanged(qint64 position);
  void activated(qint64 position);

 protected:
  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void scrollContentsBy(int dx, int dy) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseDoubleClickEvent(QMouseEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;

 private:
  [[nodiscard]] int columns() const;
  [[nodiscard]] QSize cellSize() const;
  [[nodiscard]] QRect cellRect(qint64 position) const;
  [[nodiscard]] qint64 positionAt(QPoint point) const;
  void paintCell(QPainter& painter, qint64 position, const QRect& cell) const;
  void updateScrollBar();
  void requestVisible();

  QCache<qint64, Thumbnail> cache_;
  QSet<qint64> pending_;  ///< pages on their way
  QString placeholder_;
  qint64 count_ = 0;
  qint64 current_ = -1;
  int generation_ = 0;
  int side_ = 84;
};

}  // namespace slab
