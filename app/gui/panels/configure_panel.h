// Workspace Configure: form or text, the model it makes, the schedule, the problems, and the start.
#pragma once

#include "app/gui/panel.h"
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
  QList<QAction*> contextActions() const override { return {copyCommand_, start_}; }
  QList<QAction*> menuActions() const override;
  QString menuTitle() const override { return tr("&Run"); }
  void activate() override { refresh(); }

 private:
  void refresh();
  void refreshStatus();
  void start();
  void openRunConfig();
  [[nodiscard]] QString runName() const;
  [[nodiscard]] std::optional<double> measuredSecondsPerStep() const;
  void showKey(const QString& key);
  void setTextMode(bool text);

  ConfigDocument document_;
  QAction *start_, *copyCommand_, *fromRun_, *textMode_, *allKeys_;
  // Cards and context widgets; owned by the window.
  QStackedWidget* editors_ = nullptr;
  ConfigForm* form_ = nullptr;
  ModelTreeView* tree_ = nullptr;
  ScheduleEditor* schedule_ = nullptr;
  ConfigSummary* summary_ = nullptr;
  CardHeader *modelHeader_ = nullptr, *scheduleHeader_ = nullptr;
  Segmented* mode_ = nullptr;
  QPushButton* origin_ = nullptr;
  Chip *changes_ = nullptr, *problems_ = nullptr;
};

}  // namespace slab
