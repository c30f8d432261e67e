#include "app/gui/session.h"

#include <QDir>
#include <QFileInfo>
#include <algorithm>

#include "app/gui/ancestry.h"
#include "app/gui/project_queue.h"
#include "app/gui/project_reader.h"
#include "app/gui/run_actions.h"
#include "app/gui/run_commands.h"
#include "app/gui/worker_client.h"

namespace slab {

Session::Session(QObject* parent)
    : QObject(parent), inspection_(std::make_unique<InspectionClient>(slabProgram())), reader_(new ProjectReader) {
  qRegisterMetaType<std::vector<RunRow>>("std::vector<slab::RunRow>");
  qRegisterMetaType<std::shared_ptr<RunUpdate>>("std::shared_ptr<slab::RunUpdate>");
  reader_->moveToThread(&thread_);
  connect(&thread_, &QThread::finished, reader_, &QObject::deleteLater);
  connect(reader_, &ProjectReader::runsRead, this, &Session::takeRuns);
  connect(reader_, &ProjectReader::rowsRead, this,
          [this](const std::shared_ptr<RunUpdate>& update) { takeUpdate(*update); });
  connect(reader_, &ProjectReader::refused, this, [this](const QString& why) { report(why, "bad"); });
  connect(reader_, &ProjectReader::renamed, this, [this](const QString& from, const QString& to) {
    if (current_ == from) wanted_ = to;
    shown_[to] = shown_[from];
  });
  connect(reader_, &ProjectReader::trashed, this, [this](const QString& run, const QString& name_in_trash) {
    notify({tr("%1 is in the trash.").arg(QFileInfo(run).fileName()), {}, tr("Put it back"), [this, name_in_trash] {
              post([name_in_trash](ProjectReader& reader) { reader.restore(name_in_trash); });
            }});
  });
  connect(reader_, &ProjectReader::launchFailed, this, [this](const QString& run, const QString& why) {
    report(tr("%1 did not start: %2").arg(QFileInfo(run).fileName(), why.isEmpty() ? tr("no reason given") : why),
           "bad");
  });
  queue_ = std::make_unique<ProjectQueue>(
      undo_, [this](std::function<void()> task) { post([task = std::move(task)](ProjectReader&) { task(); }); });
  connect(queue_.get(), &ProjectQueue::refused, this, [this](const QString& why) { report(why, "bad"); });
  actions_ = std::make_unique<RunActions>(*this);
  thread_.setObjectName("project reader");
  thread_.start();
}

Session::~Session() {
  workers_.clear();
  thread_.quit();
  thread_.wait();
}

void Session::post(std::function<void(ProjectReader&)> task) {
  QMetaObject::invokeMethod(reader_, [reader = reader_, task = std::move(task)] { task(*reader); });
}

void Session::openProject(const QString& directory) {
  project_ = QDir(directory).absolutePath();
  projectName_ = QFileInfo(project_).fileName();
  isRead_ = false;
  runs_.clear();
  imports_.clear();
  data_.clear();
  workers_.clear();
  shown_.clear();
  current_.clear();
  undo_.clear();
  QDir().mkpath(project_ + "/.cache");
  inspection_->setLogFile(project_ + "/.cache/inspect.log");
  post([project = project_](ProjectReader& reader) { reader.open(project); });
  readImports();
  queue_->open(project_);
  emit projectChanged();
  emit runsChanged();
  emit currentRunChanged();
}

const RunRow* Session::run(const QString& path) const {
  const auto found = std::find_if(runs_.begin(), runs_.end(), [&](const RunRow& row) { return row.path == path; });
  return found == runs_.end() ? nullptr : &*found;
}

void Session::setCurrentRun(const QString& path) {
  if (run(path) == nullptr) {
    wanted_ = path;
    return;
  }
  if (path == current_) return;
  current_ = path;
  watchShown();
  emit currentRunChanged();
  emit shownRunsChanged();
}

void Session::setRunShown(const QString& path, bool shown) {
  shown_[path] = shown;
  for (RunRow& row : runs_) {
    if (row.path == path) row.shown = shown;
  }
  watchShown();
  emit shownRunsChanged();
}

std::vector<const RunRow*> Session::shownRuns() const {
  std::vector<const RunRow*> rows;
  for (const RunRow& row : runs_) {
    if (row.shown || row.path == current_) rows.push_back(&row);
  }
  return rows;
}

const RunData* Session::data(const QString& path) const {
  const auto found = data_.find(path);
  return found == data_.end() ? nullptr : found->second.get();
}

const RunStatus* Session::live(const QString& path) const {
  const auto found = workers_.find(path);
  return found == workers_.end() || !found->second->status() ? nullptr : &*found->second->status();
}

void Session::takeRuns(const QString& project, const QString& name, const std::vector<RunRow>& rows) {
  if (project != project_) return;
  projectName_ = name.isEmpty() ? projectName_ : name;
  std::vector<RunRow> before = std::move(runs_);
  runs_ = rows;
  for (RunRow& row : runs_) {
    // The newest three runs are shown until the user says otherwise.
    const auto known = shown_.find(row.path);
    if (known == shown_.end()) shown_[row.path] = shown_.size() < 3;
    row.shown = shown_[row.path];
    const auto old = std::find_if(before.begin(), before.end(), [&](const RunRow& b) { return b.path == row.path; });
    if (old != before.end()) noticeEnd(*old, row);
  }
  isRead_ = true;
  const QString currentBefore = current_;
  if (run(wanted_) != nullptr) {
    current_ = wanted_;
    wanted_.clear();
  }
  if (run(current_) == nullptr) current_ = runs_.empty() ? QString() : runs_.front().path;
  connectWorkers();
  emit runsChanged();
  if (current_ != currentBefore) emit currentRunChanged();
  if (runs_.size() != before.size() || current_ != currentBefore) {
    watchShown();
    emit shownRunsChanged();
  }
}

void Session::noticeEnd(const RunRow& before, const RunRow& now) {
  if (before.state == now.state) return;
  if (now.state == RunState::Lost) {
    const QString safe = now.lastCheckpoint.isEmpty() ? tr("no checkpoint was written yet")
                                                      : tr("%1 is safe").arg(QFileInfo(now.lastCheckpoint).fileName());
    notify({tr("The worker of %1 is gone at step %2; %3.").arg(now.name).arg(now.step).arg(safe), "bad", tr("Resume"),
            [this, path = now.path] { resumeRun(path); }});
  } else if (now.state == RunState::Failed) {
    notify({tr("%1 failed: %2").arg(now.name, now.message), "bad", tr("What went wrong"), [this, path = now.path] {
              setCurrentRun(path);
              showWorkspace("diagnose");
            }});
  } else if (now.state == RunState::Done) {
    report(tr("%1 is done.").arg(now.name), "good");
  }
}

void Session::connectWorkers() {
  for (auto it = workers_.begin(); it != workers_.end();) {
    const RunRow* row = run(it->first);
    it = row == nullptr || row->socket != it->second->socketPath() ? workers_.erase(it) : std::next(it);
  }
  for (const RunRow& row : runs_) {
    if (row.socket.isEmpty()) continue;
    auto& client = workers_[row.path];
    if (client != nullptr) {
      if (!client->isConnected()) client->reconnect();
      continue;
    }
    client = std::make_unique<TrainingClient>(row.path, row.socket);
    const QString path = row.path, name = row.name;
    connect(client.get(), &TrainingClient::statusChanged, this, [this, path] { emit liveChanged(path); });
    connect(client.get(), &TrainingClient::newRows, this,
            [this, path] { post([path](ProjectReader& reader) { reader.readNews(path); }); });
    connect(client.get(), &TrainingClient::commandFailed, this,
            [this, name](const QString& why) { report(name + ": " + why, "warning"); });
    connect(client.get(), &TrainingClient::hungChanged, this, [this, name](bool hung) {
      report(hung ? tr("The worker of %1 does not answer. Its run is safe up to the last checkpoint.").arg(name)
                  : tr("The worker of %1 answers again.").arg(name),
             hung ? "bad" : "good");
    });
  }
}

void Session::takeUpdate(const RunUpdate& update) {
  if (!update.path.startsWith(project_)) return;
  auto& data = data_[update.path];
  if (data == nullptr) data = std::make_unique<RunData>();
  data->take(update);
  emit dataChanged(update.path);
}

void Session::watchShown() {
  QStringList paths;
  for (const RunRow* row : shownRuns()) {
    paths += row->path;
    // A branch is drawn after its parents.
    for (const Ancestor& ancestor : ancestorsOf(*this, *row)) paths += ancestor.run->path;
  }
  paths.removeDuplicates();
  for (auto it = data_.begin(); it != data_.end();) it = paths.contains(it->first) ? std::next(it) : data_.erase(it);
  post([paths](ProjectReader& reader) { reader.watch(paths); });
}

void Session::readImports() {
  post([this, project = project_](ProjectReader&) {
    auto models = slab::readImports(project);
    QMetaObject::invokeMethod(this, [this, project, models = std::move(models)] {
      if (project != project_) return;
      imports_ = models;
      emit importsChanged();
    });
  });
}

void Session::configureImageFolder(const QString& folder, qint64 classes, qint64 images) {
  showWorkspace("configure");
  emit imageFolderWanted(folder, classes, images);
}

void Session::configureCocoSet(const QString& annotations, const QString& images, qint64 classes) {
  showWorkspace("configure");
  emit cocoSetWanted(annotations, images, classes);
}

void Session::configureBranch(const QString& path, qint64 step) {
  showWorkspace("configure");
  emit branchWanted(path, step);
}

void Session::sendCommand(const QString& path, const QString& command) {
  const auto found = workers_.find(path);
  if (found == workers_.end()) {
    report(tr("No worker runs %1.").arg(QFileInfo(path).fileName()), "warning");
  } else {
    found->second->command(command);
  }
}

void Session::renameRun(const QString& path, const QString& name) {
  undo_.push(new RenameRunCommand(path, name, [this](const QString& from, const QString& to) {
    post([from, to](ProjectReader& reader) { reader.rename(from, to); });
  }));
}

void Session::trashRun(const QString& path) {
  post([path](ProjectReader& reader) { reader.trash(path); });
}

void Session::setRunNotes(const QString& path, const QString& notes, bool starred) {
  post([=](ProjectReader& reader) { reader.setNotes(path, notes, starred); });
}

quint64 Session::request(Message message, QObject* context, std::function<void(const WorkerReply&)> done) {
  return inspection_->request(std::move(message), context, std::move(done));
}

void Session::cancel(quint64 id) {
  inspection_->cancel(id);
}

}  // namespace slab
