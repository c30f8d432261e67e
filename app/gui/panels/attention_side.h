// The side of Attention: layers and heads to pick, figures of the token under the cursor, what the map shows.
#pragma once

#include <QGridLayout>
#include <QLabel>
#include <QScrollArea>
#include <QSlider>
#include <functional>

#include "widgets/attention_view/attention_view.h"
#include "widgets/attention_view/colour_bar.h"
#include "widgets/attention_view/layer_grid.h"

class QVBoxLayout;

namespace slab {

class AttentionSide : public QScrollArea {
  Q_OBJECT

 public:
  explicit AttentionSide(QWidget* parent = nullptr);

  [[nodiscard]] LayerGrid* layers() const { return layers_; }
  [[nodiscard]] ColourBar* bar() const { return bar_; }

  /// The token at (row, column) of the map; dashes outside of it.
  void showToken(const TokenMap& map, const OverlayStyle& style, int row, int column);
  /// What the whole row of the query comes to.
  void showRow(const TokenMap& map);

 signals:
  void styleEdited(const std::function<void(slab::OverlayStyle&)>& edit);

 private:
  QWidget* makeFigures();
  void addFigure(QGridLayout* grid, const QString& name, QLabel*& value);
  void addOptions(QVBoxLayout* column);

  LayerGrid* layers_;
  ColourBar* bar_;
  QLabel *token_ = nullptr, *weight_ = nullptr, *depthwise_ = nullptr, *top_ = nullptr, *entropy_ = nullptr;
};

/// High enough for its handle at any font size.
QSlider* makeRoomySlider();

}  // namespace slab
