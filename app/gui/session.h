// What the panels share: the open project, its runs, the run in front, the workers and the undo stack.
#pragma once

#include <QObject>
#include <QPointF>
#include <QSize>
#include <QThread>
#include <QUndoStack>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "app/gui/imported_models.h"
#include "app/gui/run_data.h"
#include "core/wire/messages.h"
#include "widgets/run_table/run_row.h"

namespace slab {

class InspectionClient;
class ProjectQueue;
class ProjectReader;
class RunActions;
class TrainingClient;

/// An answer of the inspection worker: `error` is empty on success, else one sentence for the user. `message` is to be
/// unpacked (`unpack<AttentionMap>(reply.message)`); `isLast` is false for Progress messages.
struct WorkerReply {
  QString error;
  bool isCancelled = false;
  bool isLast = true;
  Message message;
};

/// A place in an image: of a data set's split, or of a file with so many pixels.
struct ImagePlace {
  QString split;
  qint64 index = -1;  ///< -1: `file` it is
  QString file;
  QSize pixels;
  std::optional<QPointF> at;  ///< in pixels of the file; nothing: the image as a whole
};

/// Words for the user, with the mend as a link where there is one.
struct Notice {
  QString words;
  QString tone;  ///< "", "good", "warning", "bad"
  QString mendText;
  std::function<void()> mend;
};

/// Lives on the window thread and never blocks: files are read and written by the reader's thread, workers answer by
/// callback.
class Session : public QObject {
  Q_OBJECT
 public:
  explicit Session(QObject* parent = nullptr);
  ~Session() override;

  /// Opens (and makes, where absent) a project directory; runs appear as the reader finds them.
  void openProject(const QString& directory);
  [[nodiscard]] QString projectPath() const { return project_; }
  /// A directory for a new run of that name: runs/NAME, runs/NAME-2, ...
  [[nodiscard]] QString freeRunPath(const QString& name) const;
  [[nodiscard]] QString projectName() const { return projectName_; }
  /// True once the first scan of the project is done: an empty `runs()` then means there is none.
  [[nodiscard]] bool isProjectRead() const { return isRead_; }

  [[nodiscard]] const std::vector<RunRow>& runs() const { return runs_; }
  [[nodiscard]] const RunRow* run(const QString& path) const;
  /// The run in front: every workspace looks at it. Null while the project is empty.
  [[nodiscard]] const RunRow* currentRun() const { return run(current_); }
  /// A run that is not read yet comes to the front as soon as it is.
  void setCurrentRun(const QString& path);
  /// Shown runs have curves; the current one always has.
  void setRunShown(const QString& path, bool shown);
  [[nodiscard]] std::vector<const RunRow*> shownRuns() const;
  [[nodiscard]] bool isShown(const RunRow& run) const { return run.shown || run.path == current_; }
  /// Series, events and checkpoints read so far; null until the first rows came.
  [[nodiscard]] const RunData* data(const QString& path) const;
  /// The newest status a live worker sent; null when none is connected.
  [[nodiscard]] const RunStatus* live(const QString& path) const;

  /// Starts `slab train` on a new run directory named after `name`, detached; a failure arrives by `noticed`.
  /// `config` is the text of a configuration file. Returns the run directory, empty when nothing was started. `from`:
  /// "DIR@STEP" of the checkpoint that a branch goes on from. Several `processes` are started by `slab launch`.
  QString startRun(const QString& name, const QByteArray& config, const QString& from = {}, int processes = 1);
  /// Starts a branch with the parent's configuration and `settings` ("optim.lr=0.001") on top of it.
  QString startBranch(const QString& name, const QString& from, const QStringList& settings);
  /// Starts a run named after a preset, with `settings` on top of it.
  QString startPreset(const QString& preset, const QStringList& settings = {});
  void resumeRun(const QString& path);
  /// Resumes from an older checkpoint; what came after it stays in the run, superseded.
  void rewindRun(const QString& path, qint64 step);
  /// Opens the configuration of a run in Configure, to be started as a branch from that checkpoint.
  void configureBranch(const QString& path, qint64 step);
  /// Takes a scanned folder of images into the configuration, in Configure.
  void configureImageFolder(const QString& folder, qint64 classes, qint64 images);
  /// Takes a COCO set into the configuration, in Configure.
  void configureCocoSet(const QString& annotations, const QString& images, qint64 classes);
  /// "pause", "resume", "checkpoint" or "stop" to a running worker.
  void sendCommand(const QString& path, const QString& command);

  /// Models imported into this project.
  [[nodiscard]] const std::vector<ImportedModel>& imports() const { return imports_; }
  /// Looks at the project's imports again; `importsChanged` follows.
  void readImports();
  /// Shows what a checkpoint of another program holds, in Models, to be imported from there.
  void openCheckpoint(const QString& file);
  /// Shows and scans a folder of images in Data.
  void openImages(const QString& folder);
  /// Shows a COCO annotation file in Detection. `root`: the folder of its images, "" to look around the file.
  void openAnnotations(const QString& file, const QString& root = {});
  /// Compares a file of COCO results with the annotations that are open.
  void openResults(const QString& file);
  /// Whatever was dropped or picked: a .json file is annotations or results, any other a checkpoint.
  void openFile(const QString& file);
  /// Shows in Attention what the models of this project look at there.
  void lookAt(const ImagePlace& place);

  /// On disk, by the reader's thread; undoable. Refused by a notice while a worker writes the run.
  void renameRun(const QString& path, const QString& name);
  void trashRun(const QString& path);
  void setRunNotes(const QString& path, const QString& notes, bool starred);

  /// Asks the inspection worker (`slab serve`), starting it when needed. `done` runs on the window thread, for each
  /// progress message and once with `isLast`; never after `context` died. Returns an id for `cancel`.
  ///   session().ask(AttentionRequest{...}, this, [this](const WorkerReply& reply) { ... });
  template <typename Request>
  quint64 ask(const Request& body, QObject* context, std::function<void(const WorkerReply&)> done) {
    return request(makeRequest(0, body), context, std::move(done));
  }
  quint64 request(Message message, QObject* context, std::function<void(const WorkerReply&)> done);
  void cancel(quint64 id);

  /// The `slab` program: beside this one, else on PATH, else SLAB_PROGRAM; empty when there is none.
  [[nodiscard]] static QString slabProgram();

  [[nodiscard]] QUndoStack& undoStack() { return undo_; }
  /// Pause, checkpoint, stop, resume, rename ... of the current run; one set for menus, bars and tables.
  [[nodiscard]] RunActions& actions() { return *actions_; }
  [[nodiscard]] ProjectQueue& queue() { return *queue_; }

  void report(const QString& words, const QString& tone = {}) { emit noticed({words, tone, {}, {}}); }
  void notify(const Notice& notice) { emit noticed(notice); }
  /// Brings a workspace to the front ("configure", "train" ...).
  void showWorkspace(const QString& id) { emit workspaceWanted(id); }

 signals:
  void projectChanged();
  /// Any row changed: state, step, figures.
  void runsChanged();
  void currentRunChanged();
  void importsChanged();
  void checkpointOpened(const QString& file);
  void branchWanted(const QString& run, qint64 step);
  void imageFolderWanted(const QString& folder, qint64 classes, qint64 images);
  void cocoSetWanted(const QString& annotations, const QString& images, qint64 classes);
  void imagesOpened(const QString& folder);
  void annotationsOpened(const QString& file, const QString& root);
  void resultsOpened(const QString& file);
  void placeWanted(const ImagePlace& place);
  void shownRunsChanged();
  /// New rows of a shown run were read.
  void dataChanged(const QString& path);
  void liveChanged(const QString& path);
  void noticed(const Notice& notice);
  void workspaceWanted(const QString& id);

 private:
  void takeRuns(const QString& project, const QString& name, const std::vector<RunRow>& rows);
  void takeUpdate(const RunUpdate& update);
  void watchShown();
  void connectWorkers();
  void noticeEnd(const RunRow& before, const RunRow& now);
  QString launch(const QString& run, const QStringList& arguments);
  QString launchNew(const QString& name, const QStringList& source, const QStringList& settings);
  void post(std::function<void(ProjectReader&)> task);

  QString project_, projectName_, current_, wanted_;
  bool isRead_ = false;
  std::vector<RunRow> runs_;
  std::vector<ImportedModel> imports_;
  std::map<QString, bool> shown_;
  std::map<QString, std::unique_ptr<RunData>> data_;
  std::map<QString, std::unique_ptr<TrainingClient>> workers_;
  std::unique_ptr<InspectionClient> inspection_;
  QUndoStack undo_;
  std::unique_ptr<ProjectQueue> queue_;
  std::unique_ptr<RunActions> actions_;
  QThread thread_;
  ProjectReader* reader_;
};

}  // namespace slab

Q_DECLARE_METATYPE(slab::Notice)
