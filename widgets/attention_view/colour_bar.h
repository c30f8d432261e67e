// The colours of a map with the values at their ends; small enough for a card's top line.
#pragma once

#include <QWidget>

#include "widgets/attention_view/token_map.h"

namespace slab {

class ColourBar : public QWidget {
  Q_OBJECT

 public:
  explicit ColourBar(QWidget* parent = nullptr);

  void setScale(ColourMap map, const ValueScale& scale);
  /// A mark at this value (the token under the cursor); NaN for none.
  void setMark(double value);

  [[nodiscard]] QSize sizeHint() const override;
  [[nodiscard]] QSize minimumSizeHint() const override { return sizeHint(); }

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  [[nodiscard]] QStringList labels() const;

  ColourMap map_ = ColourMap::Magma;
  ValueScale scale_;
  double mark_;
};

/// Three significant digits, "0" for zero, a true minus sign.
QString formatWeight(double value);

}  // namespace slab
