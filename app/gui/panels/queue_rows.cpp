#include "app/gui/panels/queue_rows.h"

#include <QFileInfo>
#include <QStringList>
#include <cmath>

#include "app/gui/project_queue.h"
#include "app/gui/session.h"
#include "app/gui/step_times.h"
#include "core/base/format.h"
#include "core/base/time_of_day.h"
#include "core/config/schedule.h"

namespace slab {
namespace {

qint64 stepsOf(const RunConfig& config, int processes) {
  if (config.train.steps > 0) return config.train.steps;
  const auto images = knownImages(config.data);
  return images ? makePlan(config, *images, processes).totalSteps : 0;
}

QString branchWords(const QueueJob& job) {
  const QString from = QString::fromStdString(job.from);
  return from.isEmpty() ? QString()
                        : QObject::tr("branch of %1 at step %2")
                              .arg(QFileInfo(from.section('@', 0, -2)).fileName(), from.section('@', -1));
}

QueueRow makeRow(Session& session, const StepTimes& times, const QueueJob& job) {
  QueueRow row;
  row.id = job.id;
  row.run = QString::fromStdString(job.run);
  row.name = row.run.isEmpty() ? QString::fromStdString(job.name) : row.run;
  row.state = job.state;
  row.reason = job.reason.empty() ? branchWords(job) : QString::fromStdString(job.reason);
  const RunConfig* config = session.queue().config(job.id);
  if (config != nullptr) row.steps = stepsOf(*config, job.processes);
  std::optional<double> seconds = config != nullptr ? times.secondsPerStep(*config, job.processes) : std::nullopt;
  const QString path = session.projectPath() + "/runs/" + row.run;
  const RunRow* run = row.run.isEmpty() ? nullptr : session.run(path);
  if (run != nullptr) {
    row.step = run->step;
    if (run->steps > 0) row.steps = run->steps;
    row.score = run->top1;
    row.scoreName = run->scoreName();
    if (run->step > 0) seconds = run->activeSeconds / static_cast<double>(run->step);
  }
  if (seconds && row.steps > 0) row.secondsLeft = *seconds * static_cast<double>(row.steps - row.step);
  if (const RunStatus* live = run == nullptr ? nullptr : session.live(path)) {
    row.step = live->step;
    if (live->etaSeconds >= 0) row.secondsLeft = live->etaSeconds;
  }
  return row;
}

}  // namespace

std::vector<QueueRow> queueRows(Session& session, const StepTimes& times) {
  std::vector<QueueRow> rows;
  for (const QueueJob& job : session.queue().jobs()) rows.push_back(makeRow(session, times, job));
  return rows;
}

QString queueSummary(const std::vector<QueueRow>& rows, const ProjectQueue& queue) {
  int running = 0, waiting = 0, unknown = 0;
  double left = 0;
  for (const QueueRow& row : rows) {
    running += row.state == JobState::Running;
    waiting += row.state == JobState::Waiting;
    if (row.state != JobState::Running && row.state != JobState::Waiting) continue;
    std::isfinite(row.secondsLeft) ? left += row.secondsLeft : ++unknown;
  }
  QStringList words;
  if (running > 0) words += queue.hasWorker() ? QObject::tr("1 running") : QObject::tr("1 interrupted");
  if (waiting > 0) words += QObject::tr("%1 waiting").arg(waiting);
  const QString duration = QString::fromStdString(formatDuration(left));
  if (left > 0) {
    words += unknown > 0 ? QObject::tr("at least %1 left").arg(duration) : QObject::tr("about %1 left").arg(duration);
  }
  if (queue.hasWorker() && queue.orders().until > 0) {
    words += QObject::tr("until %1").arg(QString::fromStdString(toTimeOfDay(queue.orders().until)));
  }
  return words.join(", ");
}

}  // namespace slab
