// Workspace Train: the shown runs' curves, lambda and learning rate as planned and as they were, and the timeline.
#pragma once

#include "app/gui/ancestry.h"
#include "app/gui/panel.h"
#include "widgets/curve_plot/curve_plot.h"
#include "widgets/run_table/run_table.h"
#include "widgets/run_table/run_timeline.h"

class QMenu;
class QStackedWidget;
class QVBoxLayout;

namespace slab {

class TrainPanel : public Panel {
  Q_OBJECT
 public:
  explicit TrainPanel(Session& session, QObject* parent = nullptr);

  QString id() const override { return QStringLiteral("train"); }
  std::vector<PanelCard> makeCards() override;
  CardLayout defaultLayout() const override;
  QList<QAction*> contextActions() const override;
  QList<QAction*> menuActions() const override { return {logY_, exportLoss_, showAll_}; }
  bool isSettled() const override;
  void activate() override { updateStatus(); }

 private:
  void makePlots();
  QWidget* makeRunsCard();
  PanelCard plotCard(const QString& id, const QString& title, const QString& subtitle, CurvePlot* plot);
  void addCheckpointActions(QMenu& menu, const QString& path);
  void updateRuns();
  void updateCurves();
  void updateSchedule();
  void updateTimeline();
  void updateStatus();
  void takeData(const QString& path);
  [[nodiscard]] std::vector<Curve> curvesOf(const std::string& series, bool smoothed, bool markers) const;
  [[nodiscard]] std::vector<Curve> lossCurves() const;
  [[nodiscard]] std::vector<Curve> scoreCurves() const;

  CurveLink link_;
  mutable StitchedCurves stitched_;
  RunModel* runs_;
  QAction *logY_, *exportLoss_, *showAll_;
  // Cards; owned by their docks.
  CurvePlot *loss_ = nullptr, *top1_ = nullptr, *schedule_ = nullptr, *gradient_ = nullptr;
  CardHeader *scheduleHeader_ = nullptr, *runsHeader_ = nullptr, *lossHeader_ = nullptr, *scoreHeader_ = nullptr;
  RunTable* table_ = nullptr;
  QStackedWidget* runsOrNone_ = nullptr;
  RunTimeline* timeline_ = nullptr;
  QLabel* differences_ = nullptr;
  EtaEstimator eta_;
  QString etaRun_, planned_;
};

}  // namespace slab
