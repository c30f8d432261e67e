// Workspace Detection: a COCO data set image by image, its faults, and a model's results beside it.
#pragma once

#include <QProgressBar>
#include <QStackedWidget>
#include <QTimer>

#include "app/gui/coco/coco_doctor.h"
#include "app/gui/coco/detection_controls.h"
#include "app/gui/coco/image_objects.h"
#include "app/gui/coco/picture_loader.h"
#include "app/gui/coco/score_card.h"
#include "app/gui/coco/set_reader.h"
#include "app/gui/panel.h"
#include "widgets/class_filter/class_filter.h"
#include "widgets/image_table/image_table.h"
#include "widgets/object_view/object_view.h"

namespace slab {

class DetectionPanel : public Panel {
  Q_OBJECT

 public:
  explicit DetectionPanel(Session& session, QObject* parent = nullptr);

  QString id() const override { return QStringLiteral("detection"); }
  std::vector<PanelCard> makeCards() override;
  CardLayout defaultLayout() const override;
  QList<QWidget*> makeContextWidgets() override { return controls_->makeWidgets(); }
  QList<QAction*> contextActions() const override { return {openSet_, openResults_, exportPicture_, attention_}; }
  QList<QAction*> menuActions() const override;
  void activate() override { updateStatus(); }
  bool isSettled() const override;

  /// `root` "": the folder of the images is looked for.
  void openSet(const QString& annotations, const QString& root = {});
  void openResults(const QString& file);
  /// Brings an image to the front, by its place in the set.
  void showImage(qint64 image);
  /// The image as it is drawn, with its objects; false with a notice where it can't be written.
  bool exportPicture(const QString& file);

  [[nodiscard]] SetReader& reader() const { return *reader_; }
  [[nodiscard]] DetectionControls& controls() const { return *controls_; }
  [[nodiscard]] CocoDoctor& doctor() const { return *doctor_; }
  [[nodiscard]] ScoreCard& scores() const { return *scores_; }
  [[nodiscard]] ObjectView& view() const { return *view_; }
  [[nodiscard]] ImageTable& images() const { return *table_; }
  [[nodiscard]] ClassFilter& classes() const { return *classes_; }
  [[nodiscard]] qint64 currentImage() const { return current_; }

 private:
  QWidget* makeImages();
  QWidget* makePicture();
  QAction* toggle(const QString& words, const QString& keys, bool ObjectStyle::*member);
  void takeSet();
  void takeResults();
  void updateRows();
  void updateGrid();
  void updateObjects();
  void updateStyle();
  void updateHeaders();
  void updateStatus();
  void showProgress(const QString& what, qint64 done, qint64 total);
  void showFailure(const QString& heading, const QString& why);
  void showRecord(const QString& record);
  void step(int by);
  void pickSet();
  void pickResults();
  void pickFolder();
  void pickPicture();
  void trainOnSet();
  void lookAtCurrent();
  [[nodiscard]] const coco::ImageMatches* matchesOf(std::size_t image) const;
  [[nodiscard]] const SharedMatches& matches() const;

  SetReader* reader_;
  QAction *openSet_, *openResults_, *closeResults_, *pickFolder_, *exportPicture_, *attention_, *next_, *previous_,
      *train_, *stop_;
  QList<QAction*> toggles_;
  DetectionControls* controls_;
  CocoDoctor* doctor_;
  ScoreCard* scores_;
  PictureLoader* loader_;
  Background* objectsWork_;
  QTimer rowsTimer_;  // rows follow a slider a little later than the image

  qint64 current_ = -1;  // image, its place in the set
  QImage picture_;
  QString defect_;
  ImageObjects objects_;     // of the current image
  std::vector<int> places_;  // of what is drawn, in objects_
  std::vector<qint64> gridImages_;
  ObjectStyle style_;
  bool colourByClass_ = false;
  bool isFollowing_ = false;  // list and thumbnails are being brought in line
  // Cards; owned by the window.
  QStackedWidget *imageStack_ = nullptr, *imageViews_ = nullptr;
  EmptyState* empty_ = nullptr;
  QProgressBar* progress_ = nullptr;
  DatasetGrid* grid_ = nullptr;
  ImageTable* table_ = nullptr;
  ObjectView* view_ = nullptr;
  ClassFilter* classes_ = nullptr;
  Segmented *mode_ = nullptr, *colours_ = nullptr;
  CardHeader *imagesHeader_ = nullptr, *pictureHeader_ = nullptr, *classesHeader_ = nullptr;
};

}  // namespace slab
