// The legend above the curves: what each line is and its value under the cursor.
#pragma once

#include <QWidget>
#include <vector>

#include "widgets/theme/tokens.h"

namespace slab {

struct LegendEntry {
  QString label;
  QString value;  ///< under the cursor, or the last one; empty = none there
  QColor colour;
  Qt::PenStyle dash = Qt::SolidLine;
  bool hasMarkers = false;
};

/// One or two rows of entries, wrapped at whole entries; what does not fit is counted ("3 more"). Height follows width.
class CurveLegend : public QWidget {
  Q_OBJECT
 public:
  explicit CurveLegend(QWidget* parent = nullptr);

  /// `lead` stands first, e.g. "step 2 210".
  void setContent(const QString& lead_label, const QString& lead_value, std::vector<LegendEntry> entries);
  void setNote(const QString& note);
  [[nodiscard]] const std::vector<LegendEntry>& entries() const { return entries_; }

  bool hasHeightForWidth() const override { return true; }
  int heightForWidth(int width) const override;
  QSize sizeHint() const override;
  QSize minimumSizeHint() const override;

  /// Paints the legend at the top left of `painter`, `width` wide; returns the height used.
  int paintInto(QPainter& painter, int width, const Tokens& tokens) const;

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  int flow(QPainter* painter, int width, const Tokens& tokens) const;

  QString leadLabel_, leadValue_, note_;
  std::vector<LegendEntry> entries_;
};

}  // namespace slab
