#include "app/gui/panels/latency_panel.h"

#include <QClipboard>
#include <QDir>
#include <QFile>
#include <QFileDialog>
#include <QGuiApplication>
#include <QStandardPaths>
#include <QThread>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

#include "app/gui/panels/latency_report.h"
#include "app/gui/panels/run_config.h"
#include "app/gui/quiet_machine.h"
#include "app/gui/session.h"
#include "widgets/theme/controls.h"
#include "widgets/theme/theme.h"

namespace slab {
namespace {

constexpr int kBatches[] = {1, 8, 64};
constexpr double kLongestSeconds = 60.0;
constexpr std::size_t kMostModels = 8;
constexpr double kAddsUp = 0.03;

QString contextWord(const BenchReport& report, const char* key) {
  const auto found = report.context.find(key);
  return found == report.context.end() ? QString() : QString::fromStdString(found->second);
}

}  // namespace

Panel* makeLatencyPanel(Session& session, QObject* parent) {
  return new LatencyPanel(session, parent);
}

LatencyPanel::LatencyPanel(Session& session, QObject* parent)
    : Panel(session, parent),
      machine_(new QuietMachine(session, this)),
      measure_(new QAction(tr("&Measure"), this)),
      cancel_(new QAction(tr("&Cancel the measurement"), this)),
      copy_(new QAction(tr("Copy as &table"), this)),
      export_(new QAction(tr("Export &figure..."), this)),
      exportParts_(new QAction(tr("Export \"&where the time goes\"..."), this)),
      exportAccuracy_(new QAction(tr("Export \"&accuracy against latency\"..."), this)),
      exportNumbers_(new QAction(tr("Export the &numbers..."), this)),
      reading_(new Background(this)) {
  measure_->setShortcut(QKeySequence("Ctrl+M"));
  cancel_->setShortcut(QKeySequence("Ctrl+."));
  cancel_->setIconText(tr("Cancel"));
  copy_->setShortcut(QKeySequence("Ctrl+Alt+C"));
  export_->setShortcut(QKeySequence("Ctrl+Alt+E"));
  export_->setIconText(tr("Export figure"));
  connect(measure_, &QAction::triggered, this, &LatencyPanel::measure);
  connect(cancel_, &QAction::triggered, this, &LatencyPanel::cancel);
  connect(machine_, &QuietMachine::ready, this, &LatencyPanel::ask);
  connect(copy_, &QAction::triggered, this, [this] {
    QGuiApplication::clipboard()->setText(toMarkdown(rows_));
    this->session().report(tr("The table is on the clipboard, as Markdown."));
  });
  connect(export_, &QAction::triggered, this, [this] { exportFigure(comparison_->bars(), "latency"); });
  connect(exportParts_, &QAction::triggered, this, [this] { exportFigure(parts_, "where-the-time-goes"); });
  connect(exportAccuracy_, &QAction::triggered, this, [this] { exportFigure(scatter_, "accuracy-latency"); });
  connect(exportNumbers_, &QAction::triggered, this, &LatencyPanel::exportNumbers);
  refresh();
}

QList<QAction*> LatencyPanel::menuActions() const {
  return {measure_, cancel_, copy_, export_, exportParts_, exportAccuracy_, exportNumbers_};
}

std::vector<PanelCard> LatencyPanel::makeCards() {
  empty_ =
      new EmptyState(tr("Nothing measured yet"),
                     tr("LayerNorm, PRepBN unfolded and folded, and SLAB of the run's architecture are run in turn, "
                        "so that a busy machine slows all alike. It takes about a minute."));
  empty_->addButton(measure_);
  comparison_ = new LatencyComparison;
  progress_ = new QProgressBar;
  setProgressLine(*progress_, tr("Progress of the measurement"));
  progress_->hide();
  auto* content = new QWidget;
  auto* column = new QVBoxLayout(content);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  column->addWidget(progress_);
  stack_ = new QStackedWidget;
  stack_->addWidget(empty_);
  stack_->addWidget(comparison_);
  column->addWidget(stack_, 1);
  header_ = new CardHeader(tr("Side by side"));
  parts_ = new TimeBreakdown;
  partsHeader_ = new CardHeader(tr("Where the time goes"));
  scatter_ = new AccuracyScatter;
  scatter_->setPlaceholder(tr("Each measured run with a validation accuracy becomes a point here."));
  auto* scatterHeader = new CardHeader(tr("Accuracy against latency"));
  scatterHeader->setSubtitle(tr("every measured run of this project"));
  const auto padded = [](QWidget* inner) {
    auto* box = new QWidget;
    auto* layout = new QVBoxLayout(box);
    setMargins(layout, 12, 4, 12, 8);
    layout->addWidget(inner);
    return box;
  };
  connect(&session(), &Session::runsChanged, this, &LatencyPanel::refresh);
  connect(&session(), &Session::currentRunChanged, this, &LatencyPanel::refresh);
  connect(&session(), &Session::runsChanged, this, &LatencyPanel::readRuns);
  connect(&session(), &Session::currentRunChanged, this, &LatencyPanel::updateScatter);
  refresh();
  readRuns();
  return {{"compare", tr("Side by side"), content, header_},
          {"parts", tr("Where the time goes"), padded(parts_), partsHeader_},
          {"accuracy", tr("Accuracy against latency"), padded(scatter_), scatterHeader}};
}

CardLayout LatencyPanel::defaultLayout() const {
  return CardLayout::column({CardLayout::leaf("compare", 38),
                             CardLayout::row({CardLayout::leaf("parts"), CardLayout::leaf("accuracy")}, 62)});
}

QList<QWidget*> LatencyPanel::makeContextWidgets() {
  auto* what = new Segmented(tr("What to compare"));
  what->setOptions({tr("This architecture"), tr("All runs")});
  connect(what, &Segmented::activated, this, [this](int index) {
    what_ = index == 0 ? What::Architecture : What::Runs;
    refresh();
  });
  auto* batch = new Segmented(tr("Batch"));
  batch->setOptions({tr("Batch 1"), "8", "64"});
  connect(batch, &Segmented::activated, this, [this](int index) { batch_ = kBatches[index]; });
  auto* precision = new Segmented(tr("Precision"));
  precision->setOptions({"fp32", "bf16"});
  precision->setOptionEnabled(1, false, tr("bf16 inference is not built yet"));
  device_ = new Chip;
  const int threads = QThread::idealThreadCount();
  device_->setParts(tr("CPU"), threads == 1 ? tr("1 thread") : tr("%1 threads").arg(threads));
  quiet_ = new Chip;
  refresh();
  return {what, batch, precision, device_, quiet_};
}

bool LatencyPanel::showsDetectors() const {
  const RunRow* run = session().currentRun();
  return run != nullptr && run->isDetector();
}

std::vector<BenchEntry> LatencyPanel::entries() const {
  if (what_ == What::Architecture) return architectureEntries(session().currentRun());
  std::vector<BenchEntry> entries;
  for (const RunRow& row : session().runs()) {
    if (row.lastCheckpoint.isEmpty() || row.isDetector() != showsDetectors()) continue;
    if (entries.size() >= kMostModels) break;
    BenchEntry entry{row.name.toStdString(), {}};
    entry.source.checkpoint = QDir(row.path).filePath(row.lastCheckpoint).toStdString();
    entry.source.folded = row.config.value("model.norm") != "layer_norm";
    entries.push_back(entry);
  }
  for (const ImportedModel& imported : session().imports()) {
    if (entries.size() >= kMostModels || showsDetectors()) break;
    BenchEntry entry{imported.name.toStdString(), {}};
    entry.source.checkpoint = imported.weights.toStdString();
    entry.source.folded = imported.model.norm != NormKind::LayerNorm;
    entries.push_back(entry);
  }
  return entries;
}

void LatencyPanel::refresh() {
  const bool isBusy = request_ != 0 || machine_->isWaiting();
  const bool isTraining = !machine_->running().empty();
  measure_->setText(isTraining      ? tr("Pause training and &measure")
                    : rows_.empty() ? tr("&Measure")
                                    : tr("&Measure again"));
  measure_->setToolTip(isTraining
                           ? tr("A measurement beside a training would measure the training; it goes on afterwards")
                           : tr("Runs the models in turn and times each"));
  measure_->setEnabled(!isBusy);
  cancel_->setVisible(isBusy);
  for (QAction* action : {copy_, export_, exportParts_, exportNumbers_}) action->setEnabled(!rows_.empty());
  exportAccuracy_->setEnabled(!measured_.empty());
  if (quiet_) {
    quiet_->setSign(Chip::Sign::Dot, isTraining ? theme().tokens().warning : theme().tokens().good);
    quiet_->setParts(isTraining ? tr("a training is running") : tr("no training running"), {});
  }
}

void LatencyPanel::measure() {
  if (request_ != 0 || machine_->isWaiting()) return;
  if (entries().empty()) {
    session().report(tr("No run has a checkpoint yet, so there is nothing to measure. Choose This architecture."),
                     "warning");
    return;
  }
  header_->setSubtitle(tr("waiting for the training to pause after its step"));
  machine_->acquire();
  refresh();
}

void LatencyPanel::ask() {
  BenchRequest request;
  request.entries = entries();
  request.batch = batch_;
  request.maxSeconds = kLongestSeconds;
  runOfLabel_.clear();
  const RunRow* current = session().currentRun();
  for (const BenchEntry& entry : request.entries) {
    if (entry.source.checkpoint.empty()) continue;
    for (const RunRow& row : session().runs()) {
      if (what_ == What::Runs ? row.name.toStdString() == entry.label : &row == current && entry.source.folded) {
        runOfLabel_[entry.label] = row.path;
      }
    }
  }
  measuredBatch_ = batch_;
  std::vector<LatencyRow> waiting;
  for (std::size_t i = 0; i < request.entries.size(); ++i) {
    LatencyRow row;
    row.label = QString::fromStdString(request.entries[i].label);
    row.series = latencyColour(i);
    waiting.push_back(row);
  }
  comparison_->setRows(waiting);
  parts_->setRows({});
  stack_->setCurrentWidget(comparison_);
  progress_->setRange(0, 0);
  progress_->show();
  header_->setSubtitle(tr("starting"));
  request_ = session().ask(request, this, [this](const WorkerReply& reply) { take(reply); });
  refresh();
}

void LatencyPanel::take(const WorkerReply& reply) {
  if (!reply.isLast) {
    if (holds<BenchProgress>(reply.message)) showProgress(unpack<BenchProgress>(reply.message));
    return;
  }
  request_ = 0;
  progress_->hide();
  QString problem = reply.error;
  if (problem.isEmpty() && !reply.isCancelled) {
    try {
      showReport(unpack<BenchReport>(reply.message), runOfLabel_);
    } catch (const Error& error) {
      problem = QString::fromStdString(error.what());
    }
  }
  if (reply.isCancelled || !problem.isEmpty()) {
    rows_.clear();
    empty_->setText(reply.isCancelled ? tr("Measurement cancelled") : tr("The measurement failed"),
                    reply.isCancelled ? tr("Nothing was kept: half a comparison is none.") : problem);
    header_->setSubtitle({});
    stack_->setCurrentWidget(empty_);
  }
  finish();
}

void LatencyPanel::showProgress(const BenchProgress& progress) {
  const QString label = QString::fromStdString(progress.label);
  const QString phase = QString::fromStdString(progress.phase);
  const bool isMeasuring = phase == QLatin1String("measure");
  progress_->setRange(0, isMeasuring ? std::max(1, progress.rounds) : 0);
  progress_->setValue(isMeasuring ? progress.round : 0);
  header_->setSubtitle(isMeasuring ? tr("measuring in turn, round %1 of %2").arg(progress.round).arg(progress.rounds)
                       : phase == QLatin1String("build")  ? tr("building %1").arg(label)
                       : phase == QLatin1String("layers") ? tr("where the time goes in %1").arg(label)
                                                          : tr("warming up %1 until it is steady").arg(label));
}

QString LatencyPanel::unit() const {
  return measuredBatch_ == 1 ? tr("ms per image") : tr("ms per batch of %1").arg(measuredBatch_);
}

void LatencyPanel::showReport(const BenchReport& report, const std::map<std::string, QString>& runs) {
  rows_ = rowsOf(report);
  comparison_->setUnit(unit());
  comparison_->setRows(rows_);
  parts_->setRows(rows_);
  const RunRow* run = session().currentRun();
  const QString what = what_ == What::Runs ? tr("all runs, folded where they fold")
                       : run               ? tr("architecture of %1").arg(run->name)
                                           : tr("architecture of the demo");
  header_->setSubtitle(report.warnings.empty() ? what : what + "; " + QString::fromStdString(report.warnings.front()));
  const double gap = parts_->worstGap();
  // The breakdown is measured apart from the comparison, so a busy machine pulls the two asunder.
  const QString words = gap <= kAddsUp ? tr("adds up to the total within %1 %")
                                       : tr("misses the total by %1 %: measure again on a quiet machine");
  partsHeader_->setSubtitle(std::isfinite(gap) ? words.arg(gap * 100, 0, 'f', 1) : QString());
  for (const LatencyRow& row : rows_) {
    const auto found = runs.find(row.label.toStdString());
    if (found == runs.end() || session().run(found->second) == nullptr) continue;
    const QString problem = saveLatency(found->second, {row.mean / measuredBatch_, row.meanLow / measuredBatch_,
                                                        row.meanHigh / measuredBatch_, measuredBatch_});
    if (!problem.isEmpty()) session().report(tr("The measurement is not kept: %1").arg(problem), "warning");
  }
  knownRuns_.clear();
  readRuns();
  const std::int64_t samples = report.rows.empty() ? 0 : report.rows.front().samples;
  emit statusChanged(tr("%1, %2 rounds, warm-up until stable").arg(contextWord(report, "order")).arg(samples),
                     tr("%1, %2 threads   torch %3   %4")
                         .arg(contextWord(report, "processor"), contextWord(report, "threads"),
                              contextWord(report, "torch"), contextWord(report, "instructions")));
}

void LatencyPanel::readRuns() {
  QStringList known, paths;
  for (const RunRow& row : session().runs()) {
    paths += row.path;
    known += row.path + ' ' + QString::number(row.top1);
  }
  if (known == knownRuns_) return;
  knownRuns_ = known;
  reading_->start([this, paths](const Background::Channel& channel) {
    channel.post([this, measured = readMeasured(paths)] {
      measured_ = measured;
      updateScatter();
      refresh();
    });
  });
}

AccuracyPoint LatencyPanel::pointOf(const RunRow& run, const MeasuredRun& measured) const {
  AccuracyPoint point{run.name, run.colour, measured.latency.mean, run.top1};
  point.low = measured.latency.low;
  point.high = measured.latency.high;
  if (run.isDetector()) {
    point.accuracy = 100 * measured.boxAp;
    point.family = detectorFamily(configOf(&run));
  }
  return point;
}

/// Detectors as the paper draws them: box AP against latency, a line a family.
void LatencyPanel::updateScatter() {
  std::vector<AccuracyPoint> points;
  for (const auto& [path, measured] : measured_) {
    const RunRow* run = session().run(path);
    if (run == nullptr || run->isDetector() != showsDetectors()) continue;
    const AccuracyPoint point = pointOf(*run, measured);
    if (std::isfinite(point.accuracy)) points.push_back(point);
  }
  scatter_->setValueName(showsDetectors() ? tr("box AP, %") : tr("top-1, %"));
  scatter_->setJoined(showsDetectors() ? AccuracyScatter::Joined::Families : AccuracyScatter::Joined::Front);
  scatter_->setPoints(std::move(points));
}

/// Pictures show real figures; a training is never paused for them.
void LatencyPanel::prepareForPicture() {
  if (machine_->running().empty()) measure();
}

void LatencyPanel::cancel() {
  if (machine_->isWaiting()) {
    header_->setSubtitle({});
    finish();
  } else if (request_ != 0) {
    session().cancel(request_);
    header_->setSubtitle(tr("cancelling"));
  }
}

void LatencyPanel::finish() {
  machine_->release();
  refresh();
}

void LatencyPanel::exportFigure(const Figure* figure, const QString& name) {
  const QString folder = QStandardPaths::writableLocation(QStandardPaths::DocumentsLocation);
  const QString path = QFileDialog::getSaveFileName(stack_, tr("Export figure"), QDir(folder).filePath(name + ".pdf"),
                                                    tr("PDF (*.pdf);;SVG (*.svg);;PNG, 300 dpi (*.png)"));
  if (path.isEmpty()) return;
  QString problem;
  const bool isWritten = figure->exportTo(path, &problem);
  session().report(isWritten ? tr("Saved %1").arg(path) : problem, isWritten ? QString() : QStringLiteral("bad"));
}

void LatencyPanel::exportNumbers() {
  const QString path = QFileDialog::getSaveFileName(stack_, tr("Export the numbers"), "latency.csv", tr("CSV (*.csv)"));
  if (path.isEmpty()) return;
  QFile file(path);
  const bool isWritten = file.open(QIODevice::WriteOnly) && file.write(toCsv(rows_).toUtf8()) >= 0;
  session().report(isWritten ? tr("Saved %1").arg(path) : tr("%1 cannot be written: %2").arg(path, file.errorString()),
                   isWritten ? QString() : QStringLiteral("bad"));
}

}  // namespace slab
