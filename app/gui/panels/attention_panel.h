// Workspace Attention: what a patch of an image looks at, in one model or in two side by side.
#pragma once

#include <QComboBox>
#include <QSpinBox>

#include "app/gui/panel.h"
#include "app/gui/panels/attention_pane.h"
#include "app/gui/panels/attention_side.h"
#include "core/config/data_config.h"
#include "widgets/attention_view/colour_bar.h"
#include "widgets/attention_view/head_strip.h"

namespace slab {

struct ImagePlace;

/// Where a place of a file lies in what an evaluation makes of it (core/formats/resize.h: the shorter side to 256/224
/// of the model's, then a central square), as fractions; may lie outside [0, 1]. A file of the model's very size is
/// taken as it is.
QPointF placeInEvaluation(QSize pixels, QPointF at, int imageSize);

/// The same in what a detector sees of it (core/config/shown_size.h): at its evaluationSize, filled up.
QPointF placeInDetection(QSize pixels, QPointF at, const DataConfig& data);

class AttentionPanel : public Panel {
  Q_OBJECT

 public:
  explicit AttentionPanel(Session& session, QObject* parent = nullptr);

  QString id() const override { return QStringLiteral("attention"); }
  std::vector<PanelCard> makeCards() override;
  CardLayout defaultLayout() const override;
  QList<QWidget*> makeContextWidgets() override;
  QList<QAction*> contextActions() const override { return {previous_, next_, export_}; }
  QList<QAction*> menuActions() const override;
  void activate() override;
  void deactivate() override { isActive_ = false; }
  bool isSettled() const override;

  /// An image of a data set's split, e.g. from the Data workspace.
  void showImage(const QString& split, qint64 index);
  /// A place in a file that the model looks at as in an evaluation; what that crops away is taken from the nearest
  /// edge.
  void showPlace(const ImagePlace& place);

 private:
  void chooseRun();
  void show();
  void applyStyle();
  void updateHeads();
  void updateLayers();
  void updateStatus();
  void moveImage(int step);
  /// The field tells the number of the validation image, or the name of the file that is shown instead.
  void nameImage();
  void openFile();
  void exportMap();
  [[nodiscard]] ValueScale sharedScale() const;

  AttentionPane *first_, *second_;
  AttentionSubject subject_;
  OverlayStyle style_;
  bool isShared_ = true, isActive_ = false;
  QString shownCheckpoint_;
  QAction *previous_, *next_, *openFile_, *export_, *resetView_;
  // Cards and context widgets; owned by the window.
  HeadStrip* strip_ = nullptr;
  ColourBar* stripBar_ = nullptr;
  CardHeader* stripHeader_ = nullptr;
  AttentionSide* side_ = nullptr;
  QSpinBox* imageIndex_ = nullptr;
  Chip* label_ = nullptr;
};

}  // namespace slab
