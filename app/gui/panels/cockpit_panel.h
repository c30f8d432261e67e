// Workspace Cockpit: how a PRepBN run goes over from LayerNorm to RepBN, as a whole and layer by layer.
#pragma once

#include "app/gui/panel.h"
#include "app/gui/panels/branch_scores.h"
#include "app/gui/panels/layer_curves.h"
#include "app/gui/panels/norm_quantity.h"
#include "widgets/alarm_list/alarm_list.h"
#include "widgets/attention_view/colour_bar.h"

namespace slab {

/// Looks at the current run. All plots and the map share range and cursor.
class CockpitPanel : public Panel {
  Q_OBJECT
 public:
  explicit CockpitPanel(Session& session, QObject* parent = nullptr);

  QString id() const override { return QStringLiteral("cockpit"); }
  std::vector<PanelCard> makeCards() override;
  CardLayout defaultLayout() const override;
  QList<QAction*> contextActions() const override;
  QList<QAction*> menuActions() const override { return {showAll_}; }
  bool isSettled() const override;
  void activate() override {
    isInFront_ = true;
    refresh();
  }
  void deactivate() override { isInFront_ = false; }

 private:
  void makeNormCard();
  void refreshInFront() {
    if (isInFront_) refresh();
  }
  void refresh();
  void refreshNorms();
  void refreshAlarms();
  void showLayer(const QString& layer);
  [[nodiscard]] const RunData* currentData() const;
  [[nodiscard]] std::vector<AlarmEntry> alarms() const;
  [[nodiscard]] NormQuantity quantity() const;

  QAction* showAll_;
  CurveLink link_;
  // Cards; owned by their docks.
  CurvePlot* schedule_ = nullptr;
  BranchScores* scores_ = nullptr;
  HeatMap* map_ = nullptr;
  Segmented* choice_ = nullptr;
  ColourBar* bar_ = nullptr;
  LayerCurves* curves_ = nullptr;
  AlarmList* alarmList_ = nullptr;
  CardHeader *scheduleHeader_ = nullptr, *mapHeader_ = nullptr, *layerHeader_ = nullptr, *alarmHeader_ = nullptr;
  QString layer_;
  bool isInFront_ = false;  ///< behind another workspace nothing is drawn up
};

}  // namespace slab
