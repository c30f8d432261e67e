#include "app/gui/project_queue.h"

#include <QFile>
#include <QProcess>
#include <algorithm>

#include "app/gui/run_commands.h"
#include "app/gui/session.h"
#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/time_of_day.h"
#include "core/config/load.h"

namespace slab {
namespace {

constexpr int kLookMilliseconds = 1000;
constexpr double kStartSeconds = 8;

std::vector<std::int64_t> idsOf(const std::vector<QueueJob>& jobs) {
  std::vector<std::int64_t> ids;
  for (const QueueJob& job : jobs) ids.push_back(job.id);
  return ids;
}

template <typename Call>
std::function<void(RunQueue&)> forEach(std::vector<std::int64_t> ids, Call call) {
  return [ids = std::move(ids), call](RunQueue& queue) {
    for (const std::int64_t id : ids) (queue.*call)(id);
  };
}

}  // namespace

ProjectQueue::ProjectQueue(QUndoStack& undo, Post post, QObject* parent)
    : QObject(parent), undo_(undo), post_(std::move(post)) {
  timer_.setInterval(kLookMilliseconds);
  connect(&timer_, &QTimer::timeout, this, &ProjectQueue::read);
}

void ProjectQueue::open(const QString& project) {
  project_ = project;
  state_ = {};
  configs_.clear();
  startedAt_ = 0;
  timer_.start();
  read();
  emit changed();
}

const RunConfig* ProjectQueue::config(std::int64_t id) const {
  const auto found = configs_.find(id);
  return found == configs_.end() ? nullptr : found->second.get();
}

std::size_t ProjectQueue::waiting() const {
  return static_cast<std::size_t>(std::count_if(state_.jobs.begin(), state_.jobs.end(),
                                                [](const QueueJob& job) { return job.state == JobState::Waiting; }));
}

/// Snapshots never change, so each is read once.
void ProjectQueue::read() {
  post_([this, project = project_, known = configs_] {
    const std::filesystem::path folder = project.toStdString();
    State state;
    Configs configs = known;
    try {
      if (RunQueue::exists(folder)) {
        RunQueue queue(folder);
        state = {queue.jobs(), queue.sweeps(), queue.orders(), queueWorker(folder).has_value()};
        for (const std::int64_t id : idsOf(state.jobs)) {
          if (configs.contains(id)) continue;
          const ConfigSource source{.preset = "", .text = queue.snapshot(id).resolved, .fileName = "", .overrides = {}};
          configs[id] = std::make_shared<RunConfig>(loadConfig(source).config);
        }
      }
    } catch (const Error& error) {
      QMetaObject::invokeMethod(this, [this, why = QString::fromUtf8(error.what())] { emit refused(why); });
      return;
    }
    QMetaObject::invokeMethod(this, [this, project, state, configs] { take(project, state, configs); });
  });
}

void ProjectQueue::take(const QString& project, State state, Configs configs) {
  if (project != project_) return;
  configs_ = std::move(configs);
  const bool isNew = !(state == state_);
  state_ = std::move(state);
  checkStart();
  if (isNew) emit changed();
}

/// A worker that could not start says why in its log.
void ProjectQueue::checkStart() {
  if (startedAt_ == 0) return;
  if (hasWorker() || waiting() == 0) {
    startedAt_ = 0;
  } else if (monotonicSeconds() - startedAt_ > kStartSeconds) {
    startedAt_ = 0;
    QFile log(project_ + "/queue.log");
    const QString words = log.open(QIODevice::ReadOnly) ? QString::fromUtf8(log.readAll()).trimmed() : QString();
    emit refused(tr("The queue did not start: %1").arg(words.section('\n', -1)));
  }
}

void ProjectQueue::change(std::function<void(RunQueue&)> task) {
  post_([this, project = project_, task = std::move(task)] {
    try {
      RunQueue queue(project.toStdString());
      task(queue);
    } catch (const Error& error) {
      QMetaObject::invokeMethod(this, [this, why = QString::fromUtf8(error.what())] { emit refused(why); });
    }
  });
  read();
}

void ProjectQueue::pushChange(const QString& words, std::function<void(RunQueue&)> redo,
                              std::function<void(RunQueue&)> undo) {
  undo_.push(new QueueCommand(
      words, [this, redo = std::move(redo)] { change(redo); }, [this, undo = std::move(undo)] { change(undo); }));
}

/// The ids are known once the file has given them; a redo puts the same jobs back.
void ProjectQueue::pushAdded(const QString& words, std::function<std::vector<std::int64_t>(RunQueue&)> add) {
  auto ids = std::make_shared<std::vector<std::int64_t>>();
  const auto redo = [this, ids, add = std::move(add)](RunQueue& queue) {
    if (!ids->empty()) return forEach(*ids, &RunQueue::restore)(queue);
    *ids = add(queue);
    QMetaObject::invokeMethod(this, [this, ids] { emit added(*ids); });
  };
  pushChange(words, redo, [ids](RunQueue& queue) { forEach(*ids, &RunQueue::remove)(queue); });
}

void ProjectQueue::add(const std::vector<NewJob>& jobs) {
  pushAdded(tr("adding to the queue"), [jobs](RunQueue& queue) { return queue.add(jobs); });
}

void ProjectQueue::addSweep(const QString& name, const std::string& method, const std::vector<NewJob>& jobs) {
  pushAdded(tr("adding the sweep %1").arg(name),
            [name = name.toStdString(), method, jobs](RunQueue& queue) { return queue.addSweep(name, method, jobs); });
}

void ProjectQueue::move(std::int64_t id, std::size_t place) {
  auto before = std::make_shared<std::size_t>(0);
  pushChange(
      tr("moving a job"), [=](RunQueue& queue) { *before = queue.move(id, place); },
      [=](RunQueue& queue) { queue.move(id, *before); });
}

void ProjectQueue::hold(const std::vector<std::int64_t>& ids) {
  pushChange(tr("holding jobs"), forEach(ids, &RunQueue::hold), forEach(ids, &RunQueue::release));
}

void ProjectQueue::release(const std::vector<std::int64_t>& ids) {
  pushChange(tr("releasing jobs"), forEach(ids, &RunQueue::release), forEach(ids, &RunQueue::hold));
}

void ProjectQueue::remove(const std::vector<std::int64_t>& ids) {
  pushChange(tr("removing jobs"), forEach(ids, &RunQueue::remove), forEach(ids, &RunQueue::restore));
}

void ProjectQueue::start(const QString& until, bool stops) {
  QStringList arguments{"queue", "run", "--project", project_};
  if (!until.isEmpty()) arguments += {"--until", until};
  if (stops && !until.isEmpty()) arguments += "--and-stop";
  const QString program = Session::slabProgram();
  const QString log = project_ + "/queue.log";
  QProcess process;
  process.setProgram(program);
  process.setArguments(arguments);
  process.setStandardInputFile(QProcess::nullDevice());
  process.setStandardOutputFile(log, QIODevice::Append);
  process.setStandardErrorFile(log, QIODevice::Append);
  if (program.isEmpty() || !process.startDetached()) {
    emit refused(tr("The program slab could not be started: build it, or set SLAB_PROGRAM to its path."));
    return;
  }
  startedAt_ = monotonicSeconds();
}

void ProjectQueue::setUntil(const QString& until, bool stops) {
  if (!hasWorker()) return;
  const double at = nextTimeOfDay(until.toStdString(), wallSeconds()).value_or(0);
  change([at, stops](RunQueue& queue) { queue.setUntil(at, stops); });
}

void ProjectQueue::stop(bool afterJob) {
  change(
      [afterJob](RunQueue& queue) { queue.setStop(afterJob ? QueueOrders::Stop::AfterJob : QueueOrders::Stop::Now); });
}

}  // namespace slab
