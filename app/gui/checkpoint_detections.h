// What the newest checkpoint of a detector finds in its run's validation set, for Detection.
#pragma once

#include <QObject>

#include "app/gui/slab_process.h"

namespace slab {

class Session;
struct RunRow;

/// Runs `slab eval --results` in a process of its own, one at a time; it ends with the window. Lives on the window's
/// thread.
class CheckpointDetections : public QObject {
  Q_OBJECT
 public:
  explicit CheckpointDetections(Session& session);
  ~CheckpointDetections() override;

  /// Opens the run's validation annotations in Detection, and beside them exports/found-STEP.json of the run, which is
  /// written first where it is not there. Nothing while it is busy. What goes wrong is one notice.
  void show(const RunRow& run);
  /// Ends the evaluation; nothing of it is kept.
  void stop();
  [[nodiscard]] bool isBusy() const { return process_.isRunning(); }

 signals:
  void progressed(qint64 done, qint64 total);
  /// The process is gone, whatever came of it.
  void ended();

 private:
  struct Wanted {
    QString annotations, images, results;
  };
  void evaluate(const RunRow& run, const QString& step);
  void open();
  void end(const SlabEnd& end);
  [[nodiscard]] QString unfinished() const { return wanted_.results + ".part"; }

  Session& session_;
  Wanted wanted_;
  QString name_;  // of the run
  SlabProcess process_;
};

}  // namespace slab
