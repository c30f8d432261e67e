#include "app/gui/panels/recalibration_card.h"

#include <QAction>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QVBoxLayout>

#include "app/gui/session.h"
#include "widgets/theme/controls.h"
#include "widgets/theme/theme.h"

namespace slab {
namespace {

constexpr int kBatches = 100, kMostBatches = 1'000'000;

// The event "recalibration" of a run as the worker's report.
RecalibrationReport reportOf(const EventRecord& event) {
  const QJsonObject json = QJsonDocument::fromJson(QByteArray::fromStdString(event.json)).object();
  RecalibrationReport report;
  report.step = event.step;
  report.batches = json["batches"].toInteger();
  report.asked = json["asked"].toInteger();
  report.with = json["with"].toString().toStdString();
  report.settled = json["settled"].toBool();
  report.top1Before = json["top1_before"].toDouble(-1);
  report.top1After = json["top1_after"].toDouble(-1);
  report.lossBefore = json["loss_before"].toDouble();
  report.lossAfter = json["loss_after"].toDouble();
  report.seconds = json["seconds"].toDouble();
  for (const auto& entry : json["layers"].toArray()) {
    const QJsonObject layer = entry.toObject();
    report.rows.push_back(
        {layer["layer"].toString().toStdString(), layer["mean"].toDouble(), layer["variance"].toDouble()});
  }
  return report;
}

}  // namespace

RecalibrationCard::RecalibrationCard(Session& session, QObject* parent)
    : QObject(parent),
      session_(session),
      start_(new QAction(tr("&Recalibrate the statistics"), this)),
      undo_(new QAction(tr("&Undo the recalibration"), this)),
      cancel_(new QAction(tr("Cancel"), this)),
      content_(new QWidget),
      header_(new CardHeader(tr("Statistics recalibration"))),
      stack_(new QStackedWidget),
      empty_(new EmptyState({}, {})),
      progress_(new QProgressBar),
      batches_(new QSpinBox),
      rule_(new Segmented(tr("How the statistics are averaged"))),
      words_(new QLabel),
      table_(new DriftTable) {
  start_->setShortcut(QKeySequence("Ctrl+Alt+R"));
  start_->setIconText(tr("Recalibrate"));
  undo_->setShortcut(QKeySequence("Ctrl+Alt+U"));
  undo_->setIconText(tr("Undo"));
  connect(start_, &QAction::triggered, this, [this] { ask(false); });
  connect(undo_, &QAction::triggered, this, [this] { ask(true); });
  connect(cancel_, &QAction::triggered, this, [this] { session_.cancel(request_); });
  setProgressLine(*progress_, tr("Progress of the recalibration"));
  words_->setWordWrap(true);
  setTextRole(words_, TextRole::Body);
  auto* page = new QWidget;
  auto* pageColumn = new QVBoxLayout(page);
  pageColumn->setContentsMargins(0, 0, 0, 0);
  pageColumn->addWidget(words_);
  pageColumn->addWidget(table_, 1);
  stack_->addWidget(empty_);
  stack_->addWidget(page);
  auto* column = new QVBoxLayout(content_);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  column->addWidget(progress_);
  column->addWidget(makeControls());
  column->addWidget(stack_, 1);
  setMargins(words_, size::kMedium, size::kSmall, size::kMedium, size::kSmall);
  connect(&session, &Session::runsChanged, this, &RecalibrationCard::update);
  connect(&session, &Session::currentRunChanged, this, &RecalibrationCard::update);
  connect(&session, &Session::dataChanged, this, &RecalibrationCard::update);
  update();
}

QWidget* RecalibrationCard::makeControls() {
  auto* line = new QWidget;
  auto* row = new QHBoxLayout(line);
  batches_->setRange(1, kMostBatches);
  batches_->setValue(kBatches);
  batches_->setAccessibleName(tr("Batches of the pass, at most"));
  batches_->setSuffix(tr(" batches"));
  rule_->setOptions({tr("exact"), tr("momentum")});
  rule_->setToolTip(tr("exact: mean and variance over the whole pass; momentum: the reference's running average"));
  row->addWidget(batches_);
  row->addWidget(rule_);
  row->addStretch(1);
  row->addWidget(makeActionButton(cancel_, line));
  row->addWidget(makeActionButton(undo_, line));
  QPushButton* start = makeActionButton(start_, line);
  setPrimary(start);
  row->addWidget(start);
  setMargins(row, size::kMedium, size::kTiny, size::kMedium, size::kTiny);
  return line;
}

void RecalibrationCard::update() {
  const RunRow* run = session_.currentRun();
  const QString path = run ? run->path : QString();
  const RunData* data = run ? session_.data(path) : nullptr;
  const std::size_t events = data ? data->events.size() : 0;
  if (path != run_ || events != events_) {
    if (path != run_ && request_ != 0) session_.cancel(request_), request_ = 0;
    run_ = path;
    events_ = events;
    if (request_ == 0) showRun(run);
  }
  progress_->setVisible(isBusy());
  cancel_->setVisible(isBusy());
  const bool isReady = run != nullptr && !run->isActive() && !run->lastCheckpoint.isEmpty() && !isBusy();
  const bool hasStatistics = run != nullptr && run->config.value("model.norm") != "layer_norm";
  start_->setEnabled(isReady && hasStatistics);
  start_->setToolTip(run != nullptr && run->isActive() ? tr("Stop the training first: it holds the run") : QString());
  undo_->setEnabled(isReady && report_.has_value());
}

void RecalibrationCard::showRun(const RunRow* run) {
  report_ = recorded();
  header_->setSubtitle(run ? run->name : QString());
  report_ ? showReport(*report_) : showNone(run);
}

void RecalibrationCard::showNone(const RunRow* run) {
  if (run == nullptr) {
    showEmpty(tr("No run yet"), tr("A finished run's RepBN statistics can be estimated anew here."));
  } else if (run->config.value("model.norm") == "layer_norm") {
    showEmpty(tr("Nothing to recalibrate"), tr("%1 uses LayerNorm, which keeps no statistics.").arg(run->name));
  } else {
    showEmpty(tr("Not recalibrated yet"),
              tr("While training, drop path and the moving weights leave running statistics that do not fit the final "
                 "weights. A pass over the training set with the weights at rest estimates them anew; accuracy before "
                 "and after and the drift of each norm are shown here, and it can be undone."));
  }
}

std::optional<RecalibrationReport> RecalibrationCard::recorded() const {
  const RunData* data = session_.data(run_);
  std::optional<RecalibrationReport> report;
  if (data == nullptr) return report;
  for (const EventRecord& event : data->events) {
    if (event.kind == "recalibration") report = reportOf(event);
    if (event.kind == "recalibration_undone" || event.kind == "start" || event.kind == "resume") report.reset();
  }
  return report;
}

void RecalibrationCard::ask(bool undo) {
  if (isBusy() || run_.isEmpty()) return;
  RecalibrateRequest request;
  request.run = run_.toStdString();
  request.batches = batches_->value();
  request.with = rule_->current() == 1 ? "momentum" : "cumulative";
  request.undo = undo;
  progress_->setRange(0, 0);
  request_ = session_.ask(request, this, [this, undo, run = run_](const WorkerReply& reply) {
    if (run == run_) take(reply, undo);  // else another run is in front by now
  });
  update();
}

void RecalibrationCard::take(const WorkerReply& reply, bool undo) {
  if (!reply.isLast) {
    if (!holds<ProgressBody>(reply.message)) return;
    const ProgressBody body = unpack<ProgressBody>(reply.message);
    progress_->setRange(0, static_cast<int>(body.total));
    progress_->setValue(static_cast<int>(body.done));
    header_->setSubtitle(
        tr("%1, batch %2 of %3").arg(QString::fromStdString(body.text)).arg(body.done).arg(body.total));
    return;
  }
  request_ = 0;
  const RunRow* run = session_.run(run_);
  header_->setSubtitle(run ? run->name : QString());
  if (!reply.error.isEmpty()) {
    session_.report(reply.isCancelled ? tr("Cancelled: the run is as it was.") : reply.error,
                    reply.isCancelled ? QString() : QStringLiteral("bad"));
  } else if (undo) {
    report_.reset();
    showNone(run);
    session_.report(tr("Undone: the statistics are those of the training again."), "good");
  } else {
    report_ = unpack<RecalibrationReport>(reply.message);
    showReport(*report_);
  }
  update();
}

void RecalibrationCard::showReport(const RecalibrationReport& report) {
  words_->setText(recalibrationWords(report).join(QStringLiteral(" \u00b7 ")));
  table_->setReport(report);
  stack_->setCurrentIndex(1);
}

void RecalibrationCard::showEmpty(const QString& heading, const QString& words) {
  empty_->setText(heading, words);
  stack_->setCurrentWidget(empty_);
}

}  // namespace slab
