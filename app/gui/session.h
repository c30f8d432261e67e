// What the panels share: the open project, its runs, the run in front, the workers and the undo stack.
#pragma once

#include <QObject>
#include <QUndoStack>
#include <functional>
#include <memory>
#include <vector>

#include "core/wire/messages.h"
#include "widgets/run_table/run_row.h"

namespace slab {

/// An answer of the inspection worker: `error` is empty on success, else one sentence for the user. `message` is to be
/// unpacked (`unpack<AttentionMap>(reply.message)`); `isLast` is false for Progress messages.
struct WorkerReply {
  QString error;
  bool isCancelled = false;
  bool isLast = true;
  Message message;
};

/// Lives on the window thread and never blocks: reading is done by a reader thread, workers answer by callback.
class Session : public QObject {
  Q_OBJECT
 public:
  explicit Session(QObject* parent = nullptr);
  ~Session() override;

  /// Opens (and makes, where absent) a project directory; runs appear as the reader finds them.
  void openProject(const QString& directory);
  [[nodiscard]] QString projectPath() const { return project_; }
  [[nodiscard]] QString projectName() const;

  [[nodiscard]] const std::vector<RunRow>& runs() const { return runs_; }
  [[nodiscard]] const RunRow* run(const QString& path) const;
  /// The run in front: every workspace looks at it. Null while the project is empty.
  [[nodiscard]] const RunRow* currentRun() const { return run(current_); }
  void setCurrentRun(const QString& path);
  void setRunShown(const QString& path, bool shown);

  /// Starts `slab train` on a new run directory named after `name`, detached; a failure arrives by `reported`.
  /// `config` is the text of a configuration file. Returns the run directory.
  QString startRun(const QString& name, const QByteArray& config);
  QString startPreset(const QString& preset);
  void resumeRun(const QString& path);
  /// "pause", "resume", "checkpoint" or "stop" to a running worker.
  void sendCommand(const QString& path, const QString& command);

  /// Asks the inspection worker (`slab serve`), starting it when needed. `done` runs on the window thread, for each
  /// progress message and once with `isLast`; never after `context` died. Returns an id for `cancel`.
  ///   session().ask(AttentionRequest{...}, this, [this](const WorkerReply& reply) { ... });
  template <typename Request>
  quint64 ask(const Request& body, QObject* context, std::function<void(const WorkerReply&)> done) {
    return request(makeRequest(0, body), context, std::move(done));
  }
  quint64 request(Message message, QObject* context, std::function<void(const WorkerReply&)> done);
  void cancel(quint64 id);

  /// The `slab` program (beside this binary, SLAB_PROGRAM, PATH); empty when there is none.
  [[nodiscard]] QString slabProgram() const;

  [[nodiscard]] QUndoStack& undoStack() { return undo_; }

  /// Words for the user: a line in the window, with the mend as an action where there is one.
  void report(const QString& words, const QString& tone = {});
  /// Brings a workspace to the front ("configure", "train" ...).
  void showWorkspace(const QString& id) { emit workspaceWanted(id); }

 signals:
  void projectChanged();
  void runsChanged();
  void currentRunChanged();
  void shownRunsChanged();
  /// New rows of the current or a shown run were read.
  void seriesChanged(const QString& path);
  void reported(const QString& words, const QString& tone);
  void workspaceWanted(const QString& id);

 private:
  QString project_, current_;
  std::vector<RunRow> runs_;
  QUndoStack undo_;
};

}  // namespace slab
