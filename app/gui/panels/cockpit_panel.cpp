#include "app/gui/panels/cockpit_panel.h"

#include <QJsonDocument>
#include <QJsonObject>
#include <algorithm>

#include "app/gui/panels/schedule_curves.h"
#include "app/gui/run_actions.h"
#include "app/gui/session.h"
#include "widgets/theme/theme.h"

namespace slab {

Panel* makeCockpitPanel(Session& session, QObject* parent) {
  return new CockpitPanel(session, parent);
}

CockpitPanel::CockpitPanel(Session& session, QObject* parent)
    : Panel(session, parent), showAll_(new QAction(tr("Show all &steps of the cockpit"), this)) {
  showAll_->setShortcut(QKeySequence("Ctrl+Shift+Home"));
  connect(showAll_, &QAction::triggered, &link_, &CurveLink::follow);
}

std::vector<PanelCard> CockpitPanel::makeCards() {
  schedule_ = new CurvePlot(tr("Lambda and learning rate"));
  schedule_->setSmoothing(0);
  schedule_->setYRange(0, 1.1);
  schedule_->setEmptyText(tr("Lambda and the learning rate of the current run, planned and actual."));
  scores_ = new BranchScores;
  curves_ = new LayerCurves;
  alarmList_ = new AlarmList;
  scheduleHeader_ = new CardHeader(tr("Lambda and learning rate"));
  auto* scoresHeader = new CardHeader(tr("Validation three ways"));
  scoresHeader->setSubtitle(tr("top-1 in percent, of detectors mask AP"));
  layerHeader_ = new CardHeader(tr("Layer"));
  alarmHeader_ = new CardHeader(tr("Alarms"));
  makeNormCard();
  schedule_->setLink(&link_);
  scores_->setLink(&link_);
  map_->setLink(&link_);
  curves_->setLink(&link_);
  connect(alarmList_, &AlarmList::placeChosen, this, &CockpitPanel::showLayer);
  connect(&session(), &Session::currentRunChanged, this, &CockpitPanel::refreshInFront);
  connect(&session(), &Session::runsChanged, this, &CockpitPanel::refreshInFront);
  connect(&session(), &Session::dataChanged, this, [this](const QString& path) {
    if (session().currentRun() != nullptr && session().currentRun()->path == path) refreshInFront();
  });
  connect(&theme(), &Theme::changed, this, &CockpitPanel::refresh);
  refresh();
  return {{"schedule", tr("Lambda and learning rate"), schedule_, scheduleHeader_},
          {"scores", tr("Validation three ways"), scores_, scoresHeader},
          {"norms", tr("Norm layers"), map_, mapHeader_},
          {"layer", tr("Layer"), curves_, layerHeader_},
          {"alarms", tr("Alarms"), alarmList_, alarmHeader_}};
}

void CockpitPanel::makeNormCard() {
  map_ = new HeatMap(tr("Norm layers over the run"));
  mapHeader_ = new CardHeader(tr("Norm layers"));
  bar_ = new ColourBar;
  choice_ = new Segmented(tr("Quantity"));
  QStringList words;
  for (const NormQuantity quantity : kNormQuantities) words += choiceWord(quantity);
  choice_->setOptions(words);
  mapHeader_->addWidget(bar_);
  mapHeader_->addWidget(choice_);
  connect(choice_, &Segmented::activated, this, &CockpitPanel::refreshNorms);
  connect(map_, &HeatMap::rowChosen, this,
          [this](int row) { showLayer(map_->rows().at(static_cast<std::size_t>(row)).name); });
}

CardLayout CockpitPanel::defaultLayout() const {
  using L = CardLayout;
  return L::column({L::row({L::leaf("schedule", 50), L::leaf("scores", 50)}, 48),
                    L::row({L::leaf("norms", 50), L::leaf("layer", 30), L::leaf("alarms", 20)}, 52)});
}

QList<QAction*> CockpitPanel::contextActions() const {
  RunActions& actions = session().actions();
  return {actions.resume, actions.pause, actions.stop, actions.newRun};
}

bool CockpitPanel::isSettled() const {
  const RunData* data = currentData();
  return session().isProjectRead() && (session().currentRun() == nullptr || (data != nullptr && data->isComplete));
}

const RunData* CockpitPanel::currentData() const {
  const RunRow* row = session().currentRun();
  return row ? session().data(row->path) : nullptr;
}

NormQuantity CockpitPanel::quantity() const {
  return kNormQuantities[std::max(0, choice_->current())];
}

void CockpitPanel::refresh() {
  const RunRow* row = session().currentRun();
  const RunData* data = currentData();
  showSchedule(*schedule_, *scheduleHeader_, row, data);
  if (row != nullptr) schedule_->setXExtent(0, static_cast<double>(row->plan.totalSteps));
  scores_->showRun(row, data);
  refreshNorms();
  refreshAlarms();
}

void CockpitPanel::refreshNorms() {
  const RunRow* row = session().currentRun();
  const RunData* data = currentData();
  QStringList alarmed;
  for (const AlarmEntry& alarm : alarms()) alarmed += alarm.place;
  auto rows = data ? normRows(*data, quantity(), alarmed) : std::vector<HeatRow>();
  const HeatScale scale = normScale(quantity(), rows);
  const QStringList layers = data ? normLayers(*data) : QStringList();
  if (!layers.contains(layer_)) layer_ = layers.value(0);
  mapHeader_->setSubtitle(rows.empty() ? QString() : explanation(quantity()));
  bar_->setVisible(!rows.empty());
  bar_->setScale(scale.map, {scale.low, scale.high});
  map_->setEmptyText(missingNormWords(row, data));
  if (row != nullptr) map_->setXExtent(0, static_cast<double>(row->plan.totalSteps));
  map_->setScale(valueWords(quantity()), scale);
  map_->setRows(std::move(rows));
  showLayer(layer_);
}

void CockpitPanel::showLayer(const QString& layer) {
  const RunData* data = currentData();
  const QStringList layers = data ? normLayers(*data) : QStringList();
  layer_ = layer;
  if (layers.contains(layer)) map_->setCurrentRow(static_cast<int>(layers.indexOf(layer)));
  layerHeader_->setSubtitle(layer);
  curves_->showLayer(session().currentRun(), data, layers.contains(layer) ? layer : QString());
}

std::vector<AlarmEntry> CockpitPanel::alarms() const {
  std::vector<AlarmEntry> entries;
  const RunData* data = currentData();
  if (data == nullptr) return entries;
  for (const EventRecord& event : data->events) {
    if (event.kind != "norm_alarm") continue;
    const QJsonObject alarm = QJsonDocument::fromJson(QByteArray::fromStdString(event.json)).object();
    entries.push_back({event.step, alarm.value("layer").toString(), alarm.value("message").toString()});
  }
  return entries;
}

void CockpitPanel::refreshAlarms() {
  const RunRow* row = session().currentRun();
  auto entries = alarms();
  const auto count = static_cast<int>(entries.size());
  alarmHeader_->setSubtitle(count == 0 ? QString() : count == 1 ? tr("1 alarm") : tr("%1 alarms").arg(count));
  const bool hasNorms = currentData() != nullptr && !normLayers(*currentData()).empty();
  alarmList_->setEmptyText(row == nullptr ? tr("Layers that drift are named here.")
                           : hasNorms     ? tr("No layer is out of bounds.")
                                          : tr("No norm is watched in this run."),
                           hasNorms ? "good" : "muted");
  alarmList_->setAlarms(std::move(entries));
}

}  // namespace slab
