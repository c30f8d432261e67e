#include "app/gui/panels/queue_card.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QMenu>
#include <QTableView>
#include <QVBoxLayout>
#include <algorithm>

#include "app/gui/panels/queue_rows.h"
#include "app/gui/panels/sweep_results.h"
#include "app/gui/project_queue.h"
#include "app/gui/run_actions.h"
#include "app/gui/session.h"
#include "core/base/time_of_day.h"
#include "widgets/theme/theme.h"

namespace slab {
namespace {

std::vector<std::int64_t> idsOf(const std::vector<QueueRow>& rows) {
  std::vector<std::int64_t> ids;
  for (const QueueRow& row : rows) ids.push_back(row.id);
  return ids;
}

}  // namespace

QueueCard::QueueCard(Session& session, QObject* parent)
    : QObject(parent),
      session_(session),
      queue_(session.queue()),
      content_(new QWidget),
      header_(new CardHeader(tr("Queue"))),
      stack_(new QStackedWidget),
      table_(new QueueTable(&model_)),
      results_(new SweepResults(session)),
      page_(new Segmented(tr("What the card shows"))) {
  makeActions();
  auto* empty =
      new EmptyState(tr("Nothing is queued"),
                     tr("Jobs of the queue train one after another, overnight and without this window. Add one "
                        "in Configure, or a whole sweep over learning rates and schedules."));
  empty->addButton(session.actions().newRun);
  stack_->addWidget(table_);
  stack_->addWidget(empty);
  stack_->addWidget(results_);
  page_->setOptions({tr("jobs"), tr("sweeps")});
  auto* column = new QVBoxLayout(content_);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  column->addWidget(stack_, 1);
  makeFoot();
  for (QAction* action : {stopAfter_, up_, down_, hold_, remove_}) header_->addButton(action);
  header_->addWidget(page_);
  connectQueue();
  update();
}

void QueueCard::makeActions() {
  const auto add = [this](const QString& text, const QString& words, const char* keys, const QString& tip) {
    auto* action = new QAction(text, this);
    action->setIconText(words);
    action->setShortcut(QKeySequence(keys));
    action->setStatusTip(tip);
    action->setToolTip(tip);
    return action;
  };
  start_ = add(tr("Start the &queue"), tr("Start queue"), "Ctrl+Shift+Q",
               tr("A process of its own trains the waiting jobs; it goes on when this window closes"));
  stop_ = add(tr("Stop the q&ueue"), tr("Stop queue"), "Ctrl+Shift+Y",
              tr("The running job writes a checkpoint and waits; the next start goes on from there"));
  stopAfter_ = add(tr("Stop the queue &after this job"), tr("stop after this job"), "Ctrl+Alt+Y",
                   tr("The running job trains to its end"));
  up_ = add(tr("Move the job &earlier"), tr("earlier"), "Alt+Up", tr("One place nearer to its turn"));
  down_ = add(tr("Move the job &later"), tr("later"), "Alt+Down", tr("One place further from its turn"));
  hold_ = add(tr("&Hold the job"), tr("hold"), "Ctrl+Alt+H", tr("Keeps its place, is passed over"));
  remove_ = add(tr("Remove the &job"), tr("remove"), "Ctrl+Alt+Del", tr("Out of the queue; undo puts it back"));
  // Plots move their cursor by the same keys, so these belong to the table alone.
  for (QAction* action : {up_, down_}) {
    action->setShortcutContext(Qt::WidgetWithChildrenShortcut);
    table_->addAction(action);
  }
  connect(start_, &QAction::triggered, this, [this] { queue_.start(untilText(), alsoStop_->isChecked()); });
  connect(stop_, &QAction::triggered, this, [this] { queue_.stop(false); });
  connect(stopAfter_, &QAction::triggered, this, [this] { queue_.stop(true); });
  connect(up_, &QAction::triggered, this, [this] { moveBy(-1); });
  connect(down_, &QAction::triggered, this, [this] { moveBy(1); });
  connect(hold_, &QAction::triggered, this, [this] {
    const auto chosen = table_->chosen();
    const bool areWaiting = !chosen.empty() && chosen.front().state == JobState::Waiting;
    areWaiting ? queue_.hold(idsOf(chosen)) : queue_.release(idsOf(chosen));
  });
  connect(remove_, &QAction::triggered, this, [this] { queue_.remove(idsOf(table_->chosen())); });
}

void QueueCard::makeFoot() {
  until_ = new QCheckBox(tr("start nothing from"));
  time_ = new QTimeEdit(QTime(7, 0));
  time_->setDisplayFormat("HH:mm");
  time_->setAccessibleName(tr("Time of day from which nothing starts"));
  alsoStop_ = new QCheckBox(tr("and stop the running job then, with a checkpoint"));
  auto* foot = new QWidget;
  auto* row = new QHBoxLayout(foot);
  for (QWidget* widget :
       {static_cast<QWidget*>(until_), static_cast<QWidget*>(time_), static_cast<QWidget*>(alsoStop_)}) {
    row->addWidget(widget);
  }
  row->addStretch(1);
  row->addWidget(makeActionButton(stop_));
  QPushButton* start = makeActionButton(start_);
  row->addWidget(start);
  setMargins(row, size::kMedium, size::kTiny, size::kMedium, size::kSmall);
  content_->layout()->addWidget(foot);
  const auto tell = [this] {
    time_->setEnabled(until_->isChecked());
    alsoStop_->setEnabled(until_->isChecked());
    queue_.setUntil(untilText(), alsoStop_->isChecked());
  };
  connect(until_, &QCheckBox::toggled, this, tell);
  connect(alsoStop_, &QCheckBox::toggled, this, tell);
  connect(time_, &QTimeEdit::editingFinished, this, tell);
  tell();
}

void QueueCard::connectQueue() {
  connect(&queue_, &ProjectQueue::changed, this, &QueueCard::update);
  connect(&session_, &Session::runsChanged, this, &QueueCard::update);
  connect(&session_, &Session::liveChanged, this, &QueueCard::update);
  connect(&model_, &QueueModel::moveWanted, this,
          [this](qint64 id, int place) { queue_.move(id, static_cast<std::size_t>(place)); });
  connect(table_, &QueueTable::chosenChanged, this, &QueueCard::updateActions);
  connect(table_, &QueueTable::activated, this, &QueueCard::openRun);
  connect(results_, &SweepResults::activated, this, &QueueCard::openRun);
  connect(page_, &Segmented::activated, this, &QueueCard::update);
  connect(table_, &QueueTable::menuWanted, this, &QueueCard::showMenu);
  connect(&queue_, &ProjectQueue::added, this, [this](const std::vector<std::int64_t>& ids) {
    const QString words =
        ids.size() == 1 ? tr("1 job is in the queue now.") : tr("%1 jobs are in the queue now.").arg(ids.size());
    session_.notify({queue_.hasWorker() ? words : words + ' ' + tr("Start the queue when you are ready."), "good",
                     tr("Show the queue"), [this] { session_.showWorkspace("runs"); }});
  });
}

QString QueueCard::untilText() const {
  return until_->isChecked() ? time_->time().toString("HH:mm") : QString();
}

void QueueCard::update() {
  times_.learn(session_.runs());
  rows_ = queueRows(session_, times_);
  model_.setJobs(rows_);
  showPage();
  header_->setSubtitle(queueSummary(rows_, queue_));
  showOrders();
  updateActions();
}

void QueueCard::showPage() {
  const bool hasSweeps = !queue_.sweeps().empty();
  page_->setVisible(hasSweeps);
  if (!hasSweeps || page_->current() == 0) return stack_->setCurrentIndex(model_.rowCount() == 0 ? 1 : 0);
  results_->refresh();
  stack_->setCurrentWidget(results_);
}

void QueueCard::showResults(bool results) {
  page_->setCurrent(results ? 1 : 0);
  update();
}

/// Another window, or a terminal, may have started the worker with a time.
void QueueCard::showOrders() {
  const QueueOrders& orders = queue_.orders();
  if (!queue_.hasWorker() || orders == shownOrders_) return;
  shownOrders_ = orders;
  const QSignalBlocker quietUntil(until_), quietStop(alsoStop_);
  until_->setChecked(orders.until > 0);
  alsoStop_->setChecked(orders.stopsAtUntil);
  if (orders.until > 0) {
    time_->setTime(QTime::fromString(QString::fromStdString(toTimeOfDay(orders.until)), "HH:mm"));
  }
  time_->setEnabled(until_->isChecked());
  alsoStop_->setEnabled(until_->isChecked());
}

void QueueCard::updateActions() {
  const auto chosen = table_->chosen();
  const auto all = [&](auto test) { return !chosen.empty() && std::all_of(chosen.begin(), chosen.end(), test); };
  const bool arePending = all([](const QueueRow& row) { return isPending(row.state); });
  const bool areReleasable = all([](const QueueRow& row) {
    return row.state == JobState::Held || row.state == JobState::Failed || row.state == JobState::Stopped;
  });
  const bool areWaiting = all([](const QueueRow& row) { return row.state == JobState::Waiting; });
  up_->setEnabled(chosen.size() == 1 && arePending);
  down_->setEnabled(chosen.size() == 1 && arePending);
  hold_->setEnabled(areWaiting || areReleasable);
  hold_->setText(areReleasable ? tr("&Release the job") : tr("&Hold the job"));
  hold_->setIconText(areReleasable ? tr("release") : tr("hold"));
  remove_->setEnabled(all([](const QueueRow& row) { return row.state != JobState::Running; }));
  const bool hasRunning = model_.rowCount() > 0 && model_.row(0).state == JobState::Running;
  start_->setEnabled(!queue_.hasWorker() && (queue_.waiting() > 0 || hasRunning));
  stop_->setEnabled(queue_.hasWorker());
  stopAfter_->setEnabled(queue_.hasWorker() && queue_.orders().stop == QueueOrders::Stop::No);
}

void QueueCard::moveBy(int places) {
  const auto chosen = table_->chosen();
  if (chosen.size() != 1) return;
  for (int i = 0; i < model_.rowCount(); ++i) {
    if (model_.row(i).id != chosen.front().id) continue;
    const int from = model_.placeOf(i), to = std::clamp(from + places, 0, model_.pendingCount() - 1);
    if (to != from) queue_.move(chosen.front().id, static_cast<std::size_t>(to));
  }
}

void QueueCard::showMenu(const QPoint& at) {
  QMenu menu;
  menu.addActions({up_, down_, hold_, remove_});
  menu.addSeparator();
  menu.addActions({start_, stop_, stopAfter_});
  menu.exec(at);
}

void QueueCard::openRun(qint64 id) {
  for (int i = 0; i < model_.rowCount(); ++i) {
    const QueueRow& row = model_.row(i);
    if (row.id != id || row.run.isEmpty()) continue;
    session_.setCurrentRun(session_.projectPath() + "/runs/" + row.run);
    session_.showWorkspace("train");
  }
}

}  // namespace slab
