#include "app/gui/project_reader.h"

#include <unistd.h>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

#include <cmath>
#include <csignal>

#include "core/base/error.h"
#include "core/config/cost.h"
#include "core/config/load.h"
#include "core/config/schedule.h"

namespace slab {
namespace {

constexpr int kScanMilliseconds = 1000;
constexpr std::int64_t kPointsAtOnce = 65'536;
constexpr int kLogLines = 8;

QString toQString(const std::string& text) {
  return QString::fromStdString(text);
}

QString textOf(const QJsonValue& value) {
  if (value.isArray()) {
    QStringList items;
    for (const QJsonValue& item : value.toArray()) items += textOf(item);
    return items.join(' ');
  }
  if (value.isBool()) return value.toBool() ? "true" : "false";
  if (value.isDouble()) return QString::number(value.toDouble(), 'g', 10);
  return value.toString();
}

void flatten(const QJsonObject& object, const QString& prefix, QMap<QString, QString>& keys) {
  for (auto it = object.begin(); it != object.end(); ++it) {
    if (it->isObject()) {
      flatten(it->toObject(), prefix + it.key() + '.', keys);
    } else {
      keys[prefix + it.key()] = textOf(*it);
    }
  }
}

/// Optimizer steps of an epoch, as far as a run tells; 0 while it does not.
std::int64_t stepsPerEpoch(const RunConfig& config, const RunSummary& run) {
  if (run.step > 0 && run.epoch > 0) return std::llround(static_cast<double>(run.step) / run.epoch);
  if (config.train.steps > 0 || config.train.epochs < 1) return 0;
  const Duration& cooldown = config.optim.cooldown;
  const double epochs =
      static_cast<double>(config.train.epochs) + (cooldown.unit == Duration::Unit::Epochs ? cooldown.value : 0);
  return std::llround(static_cast<double>(run.steps) / epochs);
}

/// Whether what is drawn of a plan depends on the length of an epoch.
bool countsEpochs(const RunConfig& config) {
  const auto isInEpochs = [](const Duration& duration) {
    return duration.value > 0 && duration.unit == Duration::Unit::Epochs;
  };
  return isInEpochs(config.prepbn.warmup) || isInEpochs(config.prepbn.lambdaEnd) || isInEpochs(config.optim.warmup) ||
         isInEpochs(config.optim.cooldown) || config.optim.schedule == LrScheduleKind::Step;
}

/// Resident memory of a process, from the kernel; 0 when it is gone.
qint64 residentBytes(qint64 pid) {
  QFile file(QString("/proc/%1/statm").arg(pid));
  if (!file.open(QIODevice::ReadOnly)) return 0;
  return file.readAll().split(' ').value(1).toLongLong() * ::sysconf(_SC_PAGESIZE);
}

QString lastLines(const QString& file) {
  QFile log(file);
  if (!log.open(QIODevice::ReadOnly)) return {};
  log.seek(std::max<qint64>(0, log.size() - 4096));
  QStringList lines = QString::fromUtf8(log.readAll()).trimmed().split('\n');
  return lines.mid(std::max<qsizetype>(0, lines.size() - kLogLines)).join('\n');
}

}  // namespace

Plan planOf(const RunConfig& config, const RunSummary& run) {
  if (const auto images = knownImages(config.data)) return makePlan(config, *images, run.processes);
  const std::int64_t perEpoch = stepsPerEpoch(config, run);
  if (perEpoch == 0 && countsEpochs(config)) return {};
  return makePlan(config, perEpoch * config.train.batch * config.train.accumulate * run.processes, run.processes);
}

QMap<QString, QString> flattenConfig(const QByteArray& json) {
  QMap<QString, QString> keys;
  flatten(QJsonDocument::fromJson(json).object(), {}, keys);
  return keys;
}

template <typename Task>
void ProjectReader::attempt(Task task) {
  try {
    task();
  } catch (const std::exception& error) {
    emit refused(QString::fromUtf8(error.what()));
  }
}

void ProjectReader::open(const QString& project) {
  watched_.clear();
  configs_.clear();
  project_ = project;
  index_.reset();
  attempt([&] { index_ = std::make_unique<RunIndex>(project.toStdString()); });
  if (timer_ == nullptr) {
    timer_ = new QTimer(this);
    connect(timer_, &QTimer::timeout, this, &ProjectReader::scan);
  }
  timer_->start(kScanMilliseconds);
  scan();
}

void ProjectReader::scan() {
  if (index_ == nullptr) return;
  checkLaunches();
  attempt([&] {
    std::vector<RunRow> rows;
    for (const RunSummary& summary : index_->scan()) rows.push_back(toRow(summary));
    emit runsRead(project_, toQString(index_->name()), rows);
  });
  // A worker announces news on its socket; runs without one (another machine's, a lost one's last rows) are asked here.
  for (auto& [run, watched] : watched_) readRows(run, watched);
}

RunRow ProjectReader::toRow(const RunSummary& summary) {
  RunRow row;
  row.path = toQString(summary.path.string());
  row.name = toQString(summary.name);
  row.state = summary.state;
  row.message = toQString(summary.problem.empty() ? summary.message : summary.problem);
  row.colour = std::max(0, summary.notes.colour);
  row.model = toQString(summary.model);
  row.dataset = toQString(summary.dataset);
  row.device = toQString(summary.device);
  row.lastCheckpoint = toQString(summary.lastCheckpoint);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  row.top1 = summary.top1 >= 0 ? summary.top1 : nan;
  row.bestTop1 = summary.bestTop1 >= 0 ? summary.bestTop1 : nan;
  row.loss = summary.loss;
  row.lambda = summary.lambda;
  row.parameters = summary.parameters;
  row.step = summary.step;
  row.steps = summary.steps;
  row.activeSeconds = summary.activeSeconds;
  row.alarm = toQString(summary.alarm);
  row.alarmStep = summary.alarmStep;
  row.parent = toQString(summary.parentPath().string());
  row.parentStep = summary.parentStep;
  row.processes = summary.processes;
  row.started = summary.started;
  row.ended = summary.ended;
  if (summary.writer) {
    row.socket = toQString(summary.writer->socket);
    row.pid = summary.writer->pid;
    row.workerBytes = residentBytes(row.pid);
  }
  row.notes = toQString(summary.notes.notes);
  row.starred = summary.notes.starred;
  const Configured& configured = configOf(summary);
  row.config = configured.keys;
  if (!configured.isRead) return row;
  row.usesLambda = configured.config.model.norm == NormKind::PrepBn;
  row.layers = configured.layers;
  row.plan = planOf(configured.config, summary);
  return row;
}

const ProjectReader::Configured& ProjectReader::configOf(const RunSummary& summary) {
  const RunDirectory directory(summary.path);
  const QFileInfo info(toQString(directory.config().string()));
  const qint64 time = info.exists() ? info.lastModified().toMSecsSinceEpoch() : 0;
  Configured& known = configs_[toQString(summary.path.string())];
  if (known.time == time) return known;
  known = {};
  known.time = time;
  QFile file(info.filePath());
  if (!file.open(QIODevice::ReadOnly)) return known;
  const QByteArray text = file.readAll();
  known.keys = flattenConfig(text);
  known.config = loadConfig({{}, text.toStdString(), info.filePath().toStdString(), {}}).config;
  for (const ModuleCost& module : modelTree(known.config.model)) known.layers.push_back(module.path);
  known.isRead = true;
  return known;
}

void ProjectReader::watch(const QStringList& runs) {
  for (auto it = watched_.begin(); it != watched_.end();) {
    it = runs.contains(it->first) ? std::next(it) : watched_.erase(it);
  }
  for (const QString& run : runs) readRows(run, watched_[run]);
}

void ProjectReader::readNews(const QString& run) {
  const auto found = watched_.find(run);
  if (found != watched_.end()) readRows(run, found->second);
}

void ProjectReader::readRows(const QString& run, Watched& watched) {
  auto update = std::make_shared<RunUpdate>();
  try {
    if (watched.reader == nullptr) {
      const RunDirectory directory(run.toStdString());
      if (!QFileInfo::exists(toQString(directory.database().string()))) return;  // not begun yet
      watched.reader = std::make_unique<RunReader>(directory);
    }
    do {
      update = std::make_shared<RunUpdate>();
      update->path = run;
      update->rows = watched.reader->newSince(watched.seq, kPointsAtOnce);
      if (update->rows.seq == watched.seq) return;
      watched.seq = update->rows.seq;
      update->series = watched.reader->series();
      update->segments = watched.reader->segments();
      watched.problem.clear();
      emit rowsRead(update);
    } while (!update->rows.complete);
  } catch (const std::exception& error) {
    if (watched.problem == error.what()) return;
    watched.problem = error.what();
    update->path = run;
    update->problem = watched.problem;
    emit rowsRead(update);
  }
}

void ProjectReader::expect(const QString& run, qint64 pid) {
  expected_[run] = pid;
}

void ProjectReader::checkLaunches() {
  for (auto it = expected_.begin(); it != expected_.end();) {
    const auto& [run, pid] = *it;
    const bool exists = RunDirectory::isRun(run.toStdString());
    const bool isRunning = ::kill(static_cast<pid_t>(pid), 0) == 0;
    if (!exists && !isRunning) emit launchFailed(run, lastLines(run + "/worker.log"));
    it = exists || !isRunning ? expected_.erase(it) : std::next(it);
  }
}

void ProjectReader::rename(const QString& run, const QString& name) {
  attempt([&] {
    const QFileInfo info(run);
    watched_.erase(run);
    index_->rename(info.fileName().toStdString(), name.toStdString());
    emit renamed(run, info.path() + '/' + name);
  });
  scan();
}

void ProjectReader::trash(const QString& run) {
  attempt([&] {
    watched_.erase(run);
    const std::string inTrash = index_->moveToTrash(QFileInfo(run).fileName().toStdString());
    emit trashed(run, toQString(inTrash));
  });
  scan();
}

void ProjectReader::restore(const QString& trashed) {
  attempt([&] { index_->restore(trashed.toStdString()); });
  scan();
}

void ProjectReader::setNotes(const QString& run, const QString& notes, bool starred) {
  attempt([&] {
    const std::string name = QFileInfo(run).fileName().toStdString();
    const RunSummary* summary = index_->find(name);
    if (summary == nullptr) return;
    RunNotes changed = summary->notes;
    changed.notes = notes.toStdString();
    changed.starred = starred;
    index_->setNotes(name, changed);
  });
  scan();
}

}  // namespace slab
