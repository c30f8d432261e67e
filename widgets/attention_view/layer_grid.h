// Layers by heads: where in the network one looks, coloured by how spread the attention is.
#pragma once

#include <QWidget>
#include <vector>

#include "widgets/attention_view/colour_map.h"

namespace slab {

/// One attention module. `entropy[h]` in nat for the current query, NaN while unknown.
struct LayerEntry {
  QString name;   ///< "layers.1.blocks.0"
  QString stage;  ///< "stage 2" on a stage's first row, else empty
  QString kind;   ///< "linear, whole grid" or "softmax, window 7"
  int heads = 0;
  int tokens = 0;  ///< tokens a query sees; the entropy's maximum is ln(tokens)
  std::vector<double> entropy;
};

/// Rows are layers, columns heads. A click or the arrow keys pick; the picked cell has a ring. The
/// colour is entropy / ln(tokens), dark for sharp, light for even attention.
class LayerGrid : public QWidget {
  Q_OBJECT

 public:
  explicit LayerGrid(QWidget* parent = nullptr);

  void setLayers(std::vector<LayerEntry> layers);
  void setEntropy(int layer, std::vector<double> entropy);
  void setCurrent(int layer, int head);
  void setColourMap(ColourMap map);
  [[nodiscard]] int currentLayer() const { return layer_; }
  [[nodiscard]] int currentHead() const { return head_; }
  [[nodiscard]] const std::vector<LayerEntry>& layers() const { return layers_; }
  [[nodiscard]] QRectF cellRect(int layer, int head) const;

  [[nodiscard]] QSize sizeHint() const override;
  [[nodiscard]] QSize minimumSizeHint() const override { return sizeHint(); }

 signals:
  /// By the user only.
  void picked(int layer, int head);

 protected:
  void paintEvent(QPaintEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  bool event(QEvent* event) override;

 private:
  [[nodiscard]] int columns() const;
  [[nodiscard]] double rowHeight() const;
  [[nodiscard]] bool hit(QPointF at, int& layer, int& head) const;
  void choose(int layer, int head);

  std::vector<LayerEntry> layers_;
  ColourMap map_ = ColourMap::Magma;
  int layer_ = 0;
  int head_ = 0;
};

}  // namespace slab
