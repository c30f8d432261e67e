#include "app/gui/panels/train_panel.h"

#include <QFileInfo>
#include <QMenu>
#include <QStackedWidget>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

#include "app/gui/panels/schedule_curves.h"
#include "app/gui/run_actions.h"
#include "app/gui/session.h"
#include "core/base/format.h"
#include "widgets/curve_plot/curve_export.h"
#include "widgets/theme/theme.h"

namespace slab {
namespace {

QString duration(double seconds) {
  return QString::fromStdString(formatDuration(seconds));
}

/// Keys whose values differ between the rows; names and places are no difference.
QStringList differingKeys(const std::vector<const RunRow*>& rows) {
  QStringList keys;
  if (rows.size() < 2) return keys;
  for (auto it = rows.front()->config.begin(); it != rows.front()->config.end(); ++it) {
    const bool differs =
        std::any_of(rows.begin(), rows.end(), [&](const RunRow* r) { return r->config.value(it.key()) != *it; });
    if (differs) keys += it.key();
  }
  return keys;
}

}  // namespace

Panel* makeTrainPanel(Session& session, QObject* parent) {
  return new TrainPanel(session, parent);
}

TrainPanel::TrainPanel(Session& session, QObject* parent) : Panel(session, parent), runs_(new RunModel(this)) {
  logY_ = new QAction(tr("&Logarithmic loss axis"), this);
  logY_->setIconText(tr("log"));
  logY_->setCheckable(true);
  logY_->setShortcut(QKeySequence("Ctrl+L"));
  exportLoss_ = new QAction(tr("&Export the loss figure..."), this);
  exportLoss_->setIconText(tr("export"));
  exportLoss_->setShortcut(QKeySequence("Ctrl+E"));
  showAll_ = new QAction(tr("Show &all steps"), this);
  showAll_->setIconText(tr("all"));
  showAll_->setShortcut(QKeySequence("Ctrl+Home"));
  connect(runs_, &RunModel::renameWanted, &session, &Session::renameRun);
  connect(runs_, &RunModel::showWanted, &session, &Session::setRunShown);
}

std::vector<PanelCard> TrainPanel::makeCards() {
  makePlots();
  runsHeader_ = new CardHeader(tr("Runs"));
  QWidget* runs = makeRunsCard();
  timeline_ = new RunTimeline;
  auto* bare = new CardHeader(tr("Timeline"));
  bare->setBare();
  connect(timeline_, &RunTimeline::checkpointChosen, this, [this](const QString& path, const QPoint& at) {
    QMenu menu;
    menu.addAction(tr("Look at its attention"), this, [this] { session().showWorkspace("attention"); });
    addCheckpointActions(menu, path);
    menu.addAction(QFileInfo(path).fileName())->setEnabled(false);
    menu.exec(at);
  });
  PanelCard loss = plotCard("loss", tr("Loss"), tr("train"), loss_);
  lossHeader_ = loss.header;
  loss.header->addButton(logY_);
  loss.header->addButton(exportLoss_);
  PanelCard schedule = plotCard("schedule", tr("Lambda and learning rate"), {}, schedule_);
  scheduleHeader_ = schedule.header;
  const PanelCard score = plotCard("top1", tr("Top-1"), tr("validation, percent"), top1_);
  scoreHeader_ = score.header;
  std::vector<PanelCard> cards{{"runs", tr("Runs"), runs, runsHeader_},
                               loss,
                               score,
                               schedule,
                               plotCard("gradient", tr("Gradient norm"), tr("before clipping"), gradient_),
                               {"timeline", tr("Timeline"), timeline_, bare}};
  connect(logY_, &QAction::toggled, loss_, &CurvePlot::setLogY);
  connect(loss_, &CurvePlot::viewChanged, this, [this] { logY_->setChecked(loss_->isLogY()); });
  connect(exportLoss_, &QAction::triggered, this, [this] { askAndExport(*loss_); });
  connect(showAll_, &QAction::triggered, this, [this] {
    for (CurvePlot* plot : {loss_, top1_, schedule_, gradient_}) plot->showAll();
  });
  connect(&session(), &Session::runsChanged, this, &TrainPanel::updateRuns);
  connect(&session(), &Session::shownRunsChanged, this, &TrainPanel::updateCurves);
  connect(&session(), &Session::currentRunChanged, this, &TrainPanel::updateCurves);
  connect(&session(), &Session::dataChanged, this, &TrainPanel::takeData);
  connect(&session(), &Session::liveChanged, this, &TrainPanel::updateTimeline);
  connect(&theme(), &Theme::changed, this, [this] { updateRuns(), updateSchedule(); });
  updateRuns();
  updateCurves();
  return cards;
}

void TrainPanel::addCheckpointActions(QMenu& menu, const QString& path) {
  const RunRow* row = session().currentRun();
  const RunData* data = row ? session().data(row->path) : nullptr;
  if (data == nullptr) return;
  for (const CheckpointRecord& checkpoint : data->checkpoints) {
    if (row->path + '/' + QString::fromStdString(checkpoint.path) != path || !QFileInfo::exists(path)) continue;
    menu.addAction(tr("Branch from here..."), this,
                   [this, run = row->path, step = checkpoint.step] { session().configureBranch(run, step); });
    menu.addAction(tr("Rewind to here"), this,
                   [this, run = row->path, step = checkpoint.step] { session().rewindRun(run, step); })
        ->setEnabled(!row->isActive());
  }
}

void TrainPanel::makePlots() {
  loss_ = new CurvePlot(tr("Loss"));
  top1_ = new CurvePlot(tr("Top-1"));
  schedule_ = new CurvePlot(tr("Lambda and learning rate"));
  gradient_ = new CurvePlot(tr("Gradient norm"));
  top1_->setTitle(tr("Top-1"), "%");
  top1_->setSmoothing(0);
  schedule_->setSmoothing(0);
  schedule_->setYRange(0, 1.1);
  for (CurvePlot* plot : {loss_, top1_, schedule_, gradient_}) plot->setLink(&link_);
  loss_->setEmptyText(tr("The loss of each step appears here as soon as a run starts."));
  top1_->setEmptyText(tr("Appears with the first evaluation of a run."));
  schedule_->setEmptyText(tr("Lambda and the learning rate of the current run, planned and actual."));
  gradient_->setEmptyText(tr("The norm of all gradients, one point a logged step."));
}

PanelCard TrainPanel::plotCard(const QString& id, const QString& title, const QString& subtitle, CurvePlot* plot) {
  auto* header = new CardHeader(title);
  header->setSubtitle(subtitle);
  return {id, title, plot, header};
}

QWidget* TrainPanel::makeRunsCard() {
  auto* card = new QWidget;
  auto* column = new QVBoxLayout(card);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  table_ = new RunTable(runs_, RunTable::Form::Narrow, card);
  differences_ = new QLabel(card);
  setTextRole(differences_, TextRole::Small);
  differences_->setTextFormat(Qt::RichText);
  differences_->setMargin(theme().px(12));
  differences_->setWordWrap(true);
  auto* empty = new EmptyState(tr("No run yet"), tr("A demo trains within a minute, a small detector within minutes."));
  empty->addButton(session().actions().demo);
  empty->addButton(session().actions().detectorDemo);
  runsOrNone_ = new QStackedWidget(card);
  runsOrNone_->addWidget(table_);
  runsOrNone_->addWidget(empty);
  column->addWidget(runsOrNone_, 1);
  column->addWidget(differences_);
  connect(table_, &RunTable::currentChosen, &session(), &Session::setCurrentRun);
  connect(table_, &RunTable::activated, this, [this](const QString& path) {
    const RunRow* row = session().run(path);
    if (row != nullptr) session().setRunShown(path, !row->shown);
  });
  connect(table_, &RunTable::menuWanted, this, [this](const QString& path, const QPoint& at) {
    QMenu menu;
    if (const RunRow* row = session().run(path)) {
      session().setCurrentRun(path);
      menu.addAction(row->shown ? tr("Hide its curves") : tr("Show its curves"), this,
                     [this, path, shown = row->shown] { session().setRunShown(path, !shown); });
    }
    menu.addActions(session().actions().all());
    menu.exec(at);
  });
  connect(table_, &RunTable::filterChanged, this, &TrainPanel::updateRuns);
  return card;
}

CardLayout TrainPanel::defaultLayout() const {
  using L = CardLayout;
  return L::column({L::row({L::leaf("runs", 24), L::column({L::leaf("loss"), L::leaf("schedule")}, 52),
                            L::column({L::leaf("top1"), L::leaf("gradient")}, 52)},
                           67),
                    L::leaf("timeline", 7)});
}

QList<QAction*> TrainPanel::contextActions() const {
  RunActions& actions = session().actions();
  return {actions.resume, actions.pause, actions.checkpoint, actions.stop, actions.newRun};
}

bool TrainPanel::isSettled() const {
  const RunRow* row = session().currentRun();
  const RunData* data = row ? session().data(row->path) : nullptr;
  return session().isProjectRead() && (row == nullptr || (data != nullptr && data->isComplete));
}

std::vector<Curve> TrainPanel::curvesOf(const std::string& series, bool smoothed, bool markers) const {
  std::vector<Curve> curves;
  for (const RunRow* row : session().shownRuns()) {
    const RunData* data = session().data(row->path);
    Curve curve;
    curve.data = data ? data->find(series) : nullptr;
    if (curve.data == nullptr) continue;
    curve.id = row->path + '#' + QString::fromStdString(series);
    curve.label = row->name;
    curve.series = row->colour;
    curve.isSmoothed = smoothed;
    curve.hasMarkers = markers;
    for (Curve& part : stitched_.before(session(), *row, series, smoothed)) curves.push_back(std::move(part));
    curves.push_back(std::move(curve));
  }
  return curves;
}

// A detector alone is shown with the terms of its loss.
std::vector<Curve> TrainPanel::lossCurves() const {
  std::vector<Curve> curves = curvesOf("loss", true, false);
  const auto shown = session().shownRuns();
  if (shown.size() != 1 || !shown.front()->isDetector()) return curves;
  int colour = shown.front()->colour;
  for (const auto& [series, words] :
       {std::pair{"loss/rpn_class", tr("proposals, class")}, std::pair{"loss/rpn_box", tr("proposals, box")},
        std::pair{"loss/class", tr("class")}, std::pair{"loss/box", tr("box")}, std::pair{"loss/mask", tr("mask")}}) {
    ++colour;
    for (Curve& curve : curvesOf(series, true, false)) {
      curve.label = words;
      curve.series = colour;
      curves.push_back(std::move(curve));
    }
  }
  return curves;
}

std::vector<Curve> TrainPanel::scoreCurves() const {
  std::vector<Curve> curves = curvesOf("top1", false, true);
  for (const auto& [series, words, dash] : {std::tuple{"val/box_ap", tr("%1, boxes"), Qt::SolidLine},
                                            std::tuple{"val/mask_ap", tr("%1, masks"), Qt::DashLine}}) {
    for (Curve& curve : curvesOf(series, false, true)) {
      curve.label = words.arg(curve.label);
      curve.dash = dash;
      curves.push_back(std::move(curve));
    }
  }
  return curves;
}

void TrainPanel::updateRuns() {
  runs_->setRuns(session().runs());
  runsOrNone_->setCurrentIndex(session().isProjectRead() && session().runs().empty() ? 1 : 0);
  const RunRow* current = session().currentRun();
  if (current != nullptr) table_->setCurrent(current->path);
  const auto shown = session().shownRuns();
  runsHeader_->setSubtitle(runs_->rowCount() == 0 ? QString()
                                                  : tr("%1 shown of %2").arg(shown.size()).arg(runs_->rowCount()));
  QStringList keys = differingKeys(shown);
  const qsizetype count = keys.size();
  if (count > 8) keys = keys.mid(0, 8) << tr("and %1 more").arg(count - 8);
  differences_->setVisible(count > 0);
  differences_->setText(QString("<span style='color:%1'>%2</span><br><span style='font-family:%3'>%4</span>")
                            .arg(theme().tokens().muted.name(), tr("Differences between the shown runs"),
                                 theme().font(TextRole::NumberSmall).family(), keys.join("<br>")));
  updateTimeline();
  if (current != nullptr && planned_ != current->path + QString::number(current->plan.totalSteps)) updateSchedule();
}

void TrainPanel::takeData(const QString& path) {
  const std::size_t before = loss_->curves().size() + top1_->curves().size() + gradient_->curves().size();
  const std::size_t now = lossCurves().size() + scoreCurves().size() + curvesOf("grad_norm", true, false).size();
  if (before != now || schedule_->curves().empty()) return updateCurves();
  for (CurvePlot* plot : {loss_, top1_, schedule_, gradient_}) plot->refresh();
  if (session().currentRun() != nullptr && session().currentRun()->path == path) updateTimeline();
}

void TrainPanel::updateCurves() {
  loss_->setCurves(lossCurves());
  top1_->setCurves(scoreCurves());
  gradient_->setCurves(curvesOf("grad_norm", true, false));
  const RunRow* row = session().currentRun();
  if (row != nullptr && row->plan.totalSteps > 0) {
    for (CurvePlot* plot : {loss_, top1_, schedule_, gradient_})
      plot->setXExtent(0, static_cast<double>(row->plan.totalSteps));
    const bool isDetector = row->isDetector();
    lossHeader_->setSubtitle(isDetector
                                 ? tr("train, sum of five terms")
                                 : tr("train, label smoothing %1").arg(row->config.value("train.label_smoothing")));
    scoreHeader_->setTitle(isDetector ? tr("Average precision") : tr("Top-1"));
    scoreHeader_->setSubtitle(isDetector ? tr("COCO's, of boxes and masks") : tr("validation, percent"));
    top1_->setTitle(scoreHeader_->title(), isDetector ? QString() : QStringLiteral("%"));
  }
  updateSchedule();
  updateTimeline();
}

void TrainPanel::updateSchedule() {
  const RunRow* row = session().currentRun();
  planned_ = row ? row->path + QString::number(row->plan.totalSteps) : QString();
  showSchedule(*schedule_, *scheduleHeader_, row, row ? session().data(row->path) : nullptr);
}

void TrainPanel::updateTimeline() {
  const RunRow* row = session().currentRun();
  if (row == nullptr) {
    timeline_->setProgress(0, 0, 0, {});
    timeline_->setWords(tr("No run yet. Start one from Configure, or train a demo: a classifier or a detector."));
    timeline_->setCheckpoints({});
    return;
  }
  const RunStatus* live = session().live(row->path);
  const double step = static_cast<double>(live ? live->step : row->step);
  const double steps = static_cast<double>(live && live->steps > 0 ? live->steps
                                           : row->steps > 0        ? row->steps
                                                                   : row->plan.totalSteps);
  const double seconds = live ? live->activeSeconds : row->activeSeconds;
  if (etaRun_ != row->path) eta_.clear();
  etaRun_ = row->path;
  if (live != nullptr) eta_.add(step, seconds);
  const double epochs = live && live->epochs > 0 ? live->epochs : totalEpochs(*row);
  QStringList words{tr("step %1").arg(QString::fromStdString(formatInteger(std::llround(step), true)))};
  if (seconds > 0) words += tr("%1 elapsed").arg(duration(seconds));
  const auto left = eta_.left(steps - step);
  if (live != nullptr && !live->phase.empty()) {
    const QString of = live->phase == "evaluation" ? tr("%1, image %2 of %3") : tr("%1, batch %2 of %3");
    words += of.arg(QString::fromStdString(live->phase)).arg(live->phaseDone).arg(live->phaseTotal);
    if (live->etaSeconds >= 0) words += tr("%1 left").arg(duration(live->etaSeconds));
  } else if (live != nullptr && left.isKnown && step < steps) {
    words += duration(left.low) == duration(left.high)
                 ? tr("%1 left").arg(duration(left.low))
                 : tr("%1 to %2 left").arg(duration(left.low), duration(left.high));
  } else if (live == nullptr) {
    words += stateText(row->state) + (row->message.isEmpty() ? QString() : ": " + row->message);
  }
  timeline_->setWords(words.join(QStringLiteral(" \u00b7 ")));
  timeline_->setProgress(step, steps, epochs, theme().series(row->colour).colour);
  std::vector<TimelineMark> marks;
  if (const RunData* data = session().data(row->path)) {
    for (const CheckpointRecord& c : data->checkpoints) {
      marks.push_back({static_cast<double>(c.step), row->path + '/' + QString::fromStdString(c.path),
                       tr("%1, %2").arg(QFileInfo(QString::fromStdString(c.path)).fileName(),
                                        QString::fromStdString(formatBytes(static_cast<double>(c.bytes))))});
    }
  }
  timeline_->setCheckpoints(std::move(marks));
  updateStatus();
}

void TrainPanel::updateStatus() {
  const RunRow* row = session().currentRun();
  const RunData* data = row ? session().data(row->path) : nullptr;
  QString left;
  if (data != nullptr && !data->checkpoints.empty()) {
    const CheckpointRecord& last = data->checkpoints.back();
    left = tr("Saved checkpoint %1, %2")
               .arg(QFileInfo(QString::fromStdString(last.path)).fileName(),
                    QString::fromStdString(formatBytes(static_cast<double>(last.bytes))));
  }
  emit statusChanged(left, {});
}

}  // namespace slab
