// The queue of the open project, as the window sees and changes it.
#pragma once

#include <QObject>
#include <QTimer>
#include <QUndoStack>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "core/config/run_config.h"
#include "core/store/run_queue.h"

namespace slab {

/// Lives on the window thread; the file is read and written by the reader's thread, once a second and after each
/// change. Changes are undoable and come back by `changed`, refusals by `refused`. The queue's worker is a process of
/// its own, which goes on when the window closes.
class ProjectQueue : public QObject {
  Q_OBJECT
 public:
  /// Runs a task on the reader's thread, in order.
  using Post = std::function<void(std::function<void()>)>;

  ProjectQueue(QUndoStack& undo, Post post, QObject* parent = nullptr);

  void open(const QString& project);
  /// In the queue's order; empty until read.
  [[nodiscard]] const std::vector<QueueJob>& jobs() const { return state_.jobs; }
  [[nodiscard]] const std::vector<SweepRecord>& sweeps() const { return state_.sweeps; }
  /// What a job will train; null for an id that is not there.
  [[nodiscard]] const RunConfig* config(std::int64_t id) const;
  /// A process runs the queue.
  [[nodiscard]] bool hasWorker() const { return state_.hasWorker; }
  [[nodiscard]] const QueueOrders& orders() const { return state_.orders; }
  [[nodiscard]] std::size_t waiting() const;

  void add(const std::vector<NewJob>& jobs);
  void addSweep(const QString& name, const std::string& method, const std::vector<NewJob>& jobs);
  /// To a place among the pending jobs, from 0.
  void move(std::int64_t id, std::size_t place);
  void hold(const std::vector<std::int64_t>& ids);
  void release(const std::vector<std::int64_t>& ids);
  void remove(const std::vector<std::int64_t>& ids);

  /// Starts `slab queue run`, detached. `until` "HH:MM" or empty; `stops`: the running job too, at that time.
  void start(const QString& until, bool stops);
  /// A new time for the worker that runs; nothing happens without one.
  void setUntil(const QString& until, bool stops);
  /// Ends the worker: at once, the running job with a checkpoint, or after the running job.
  void stop(bool afterJob);

 signals:
  void changed();
  void refused(const QString& why);
  /// Jobs were added by this window.
  void added(const std::vector<std::int64_t>& ids);

 private:
  struct State {
    std::vector<QueueJob> jobs;
    std::vector<SweepRecord> sweeps;
    QueueOrders orders;
    bool hasWorker = false;
    friend bool operator==(const State&, const State&) = default;
  };
  using Configs = std::map<std::int64_t, std::shared_ptr<const RunConfig>>;

  void change(std::function<void(RunQueue&)> task);
  void read();
  void take(const QString& project, State state, Configs configs);
  void pushAdded(const QString& words, std::function<std::vector<std::int64_t>(RunQueue&)> add);
  void pushChange(const QString& words, std::function<void(RunQueue&)> redo, std::function<void(RunQueue&)> undo);
  void checkStart();

  QUndoStack& undo_;
  Post post_;
  QString project_;
  State state_;
  Configs configs_;
  QTimer timer_;
  double startedAt_ = 0;  ///< monotonic; 0 when no worker is expected
};

}  // namespace slab
