#include "app/gui/panels/failure_card.h"

#include <QAction>

#include "app/gui/session.h"
#include "widgets/theme/theme.h"

namespace slab {

FailureCard::FailureCard(Session& session, QObject* parent)
    : QObject(parent),
      session_(session),
      halfRate_(new QAction(tr("Roll back with &half the learning rate"), this)),
      longer_(new QAction(tr("Roll back with a &longer transition"), this)),
      other_(new QAction(tr("Roll back with &other changes..."), this)),
      stack_(new QStackedWidget),
      header_(new CardHeader(tr("Failure"))),
      empty_(new EmptyState({}, {})),
      view_(new ForensicView) {
  halfRate_->setShortcut(QKeySequence("Ctrl+Alt+J"));
  longer_->setShortcut(QKeySequence("Ctrl+Alt+L"));
  other_->setShortcut(QKeySequence("Ctrl+Alt+K"));
  connect(halfRate_, &QAction::triggered, this, [this] { start(rate_); });
  connect(longer_, &QAction::triggered, this, [this] { start(transition_); });
  connect(other_, &QAction::triggered, this, [this] {
    const RunRow* run = session_.currentRun();
    if (run != nullptr && lastGood_) session_.configureBranch(run->path, *lastGood_);
  });
  for (QAction* action : {halfRate_, longer_, other_}) view_->addButton(action);
  stack_->addWidget(empty_);
  stack_->addWidget(view_);
  connect(&session, &Session::runsChanged, this, &FailureCard::update);
  connect(&session, &Session::currentRunChanged, this, &FailureCard::update);
  connect(&session, &Session::dataChanged, this, &FailureCard::update);
  update();
}

void FailureCard::update() {
  const RunRow* run = session_.currentRun();
  const RunData* data = run ? session_.data(run->path) : nullptr;
  std::optional<ForensicReport> report;
  QString key = run ? run->path + stateText(run->state) : QString();
  if (run != nullptr && data != nullptr && run->state == RunState::Failed) {
    for (const EventRecord& event : data->events) {
      if (event.kind != "non_finite") continue;
      report = forensicReport(event.json);
      key += QString::number(event.seq) + QString::number(data->checkpoints.size());
    }
  }
  if (key == shown_ && report) return;
  shown_ = key;
  header_->setSubtitle(run ? run->name : QString());
  if (report) {
    view_->setReport(*report);
    offer(*run, *report);
    stack_->setCurrentWidget(view_);
  } else {
    showEmpty(run);
  }
}

void FailureCard::showEmpty(const RunRow* run) {
  for (QAction* action : {halfRate_, longer_, other_}) action->setEnabled(false);
  if (run == nullptr) {
    empty_->setText(tr("No run yet"), tr("When a training fails, what went wrong first is explained here."));
  } else if (run->state == RunState::Failed) {
    empty_->setText(tr("%1 failed").arg(run->name), run->message);
  } else {
    empty_->setText(tr("Nothing went wrong in %1").arg(run->name),
                    tr("Loss, gradients, weights and statistics are watched while it trains. If one of them stops "
                       "being finite, the layer, the channel and the images of the batch are named here."));
  }
  stack_->setCurrentWidget(empty_);
}

void FailureCard::offer(const RunRow& run, const ForensicReport& report) {
  const RunData* data = session_.data(run.path);
  lastGood_ = lastGoodStep(run, data->checkpoints, report.step);
  rate_ = lastGood_ ? halfRate(run, *lastGood_) : std::nullopt;
  transition_ = lastGood_ ? longerTransition(run, *lastGood_) : std::nullopt;
  halfRate_->setEnabled(rate_.has_value());
  const QString noWay = tr("The run has no checkpoint to go back to");
  halfRate_->setToolTip(rate_ ? rate_->words : lastGood_ ? tr("The run's learning rate is not known") : noWay);
  longer_->setEnabled(transition_.has_value());
  longer_->setToolTip(transition_ ? transition_->words : lastGood_ ? whyNoLongerTransition(run, *lastGood_) : noWay);
  other_->setEnabled(lastGood_.has_value());
  if (!lastGood_) {
    view_->setWayBack(tr("The run has no checkpoint to go back to: start it again with other settings."));
    return;
  }
  QStringList lines{
      tr("Last good checkpoint: step %1, %2 steps before the failure.").arg(*lastGood_).arg(report.step - *lastGood_)};
  if (rate_) lines += tr("Half the rate: %1.").arg(rate_->words);
  if (transition_) lines += tr("Longer: %1.").arg(transition_->words);
  view_->setWayBack(lines.join(' '));
}

void FailureCard::start(const std::optional<RollBack>& way) {
  const RunRow* run = session_.currentRun();
  if (run == nullptr || !way) return;
  const QString from = run->path + '@' + QString::number(way->step);
  if (session_.startBranch(way->name, from, way->settings).isEmpty()) return;
  session_.report(tr("%1 goes on from step %2 of %3: %4.").arg(way->name).arg(way->step).arg(run->name, way->words));
  session_.showWorkspace("train");
}

}  // namespace slab
