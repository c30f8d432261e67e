// Workspace Configure: form or text, the model it makes, the schedule, the problems, and the start.
#pragma once

#include "app/gui/image_count.h"
#include "app/gui/panel.h"
#include "app/gui/panels/process_count.h"
#include "app/gui/step_times.h"
#include "widgets/config_form/config_document.h"
#include "widgets/config_form/config_form.h"
#include "widgets/config_form/config_summary.h"
#include "widgets/model_tree/model_tree_view.h"
#include "widgets/schedule_editor/schedule_editor.h"

class QStackedWidget;
class QToolButton;

namespace slab {

class ConfigurePanel : public Panel {
  Q_OBJECT

 public:
  explicit ConfigurePanel(Session& session, QObject* parent = nullptr);

  QString id() const override { return QStringLiteral("configure"); }
  std::vector<PanelCard> makeCards() override;
  CardLayout defaultLayout() const override;
  QList<QWidget*> makeContextWidgets() override;
  QList<QAction*> contextActions() const override { return {copyCommand_, sweep_, addToQueue_, start_}; }
  QList<QAction*> menuActions() const override;
  QString menuTitle() const override { return tr("&Run"); }
  void activate() override { refresh(); }

  [[nodiscard]] ConfigDocument& document() { return document_; }
  /// Makes a folder of images the data of the configuration, and its classes the model's; undoable.
  void useImageFolder(const QString& folder, qint64 classes, qint64 images);
  /// Makes a COCO set the training data of a detector, with as many classes as it has; one step of undo. A
  /// configuration of a classifier gives way to a published detector's recipe.
  void useCocoSet(const QString& annotations, const QString& images, qint64 classes);
  /// Another preset; the chosen data and its classes stay where it reads the same type and names none itself. Undoable.
  void openPreset(const QString& name);

 private:
  void refresh();
  void refreshStatus();
  QWidget* makeSummary();
  void start();
  void addToQueue();
  void openSweep();
  void openRunConfig();
  /// A configuration file of a run as the document; false when it can't be read.
  bool openConfigFile(const QString& path, const QString& title);
  void openBranch(const QString& run, qint64 step);
  void endBranch();
  [[nodiscard]] QString runName() const;
  [[nodiscard]] std::optional<double> measuredSecondsPerStep();
  void showKey(const QString& key);
  void setTextMode(bool text);

  ConfigDocument document_;
  QString branchFrom_;  // "DIR@STEP" of the checkpoint that a start goes on from; empty for a run from scratch
  QString branchName_;  // of the run it starts
  ImageCount imageCount_;
  StepTimes times_;
  QAction *start_, *addToQueue_, *sweep_, *copyCommand_, *fromRun_, *fromScratch_, *textMode_, *allKeys_;
  // Cards and context widgets; owned by the window.
  QStackedWidget* editors_ = nullptr;
  ConfigForm* form_ = nullptr;
  ModelTreeView* tree_ = nullptr;
  ScheduleEditor* schedule_ = nullptr;
  ConfigSummary* summary_ = nullptr;
  ProcessCount* processes_ = nullptr;
  CardHeader *modelHeader_ = nullptr, *scheduleHeader_ = nullptr;
  Segmented* mode_ = nullptr;
  QPushButton* origin_ = nullptr;
  Chip *branch_ = nullptr, *changes_ = nullptr, *problems_ = nullptr;
};

}  // namespace slab
