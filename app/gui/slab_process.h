// The program `slab` at work for the window: its lines as they come, and how it ended.
#pragma once

#include <QObject>
#include <QString>
#include <QStringList>

class QProcess;

namespace slab {

/// How a process of `slab` ended.
struct SlabEnd {
  bool isGood = false;     ///< it exited with code 0
  bool isStopped = false;  ///< `stop` was called before
  bool isCrash = false;    ///< a signal ended it
  /// The last line of standard error that was no progress, or why it did not start; with the mend where there is one.
  /// Empty only where `isGood`.
  QString why;
};

/// One process at a time, which ends with this object. Lives on the window's thread. (A worker that outlives the window
/// is started detached instead, by Session and ProjectQueue.)
class SlabProcess : public QObject {
  Q_OBJECT
 public:
  explicit SlabProcess(QObject* parent = nullptr);
  ~SlabProcess() override;

  /// `program`: Session::slabProgram() as a rule; `ended` says, before this returns, where it is empty. Nothing while
  /// another one runs.
  void start(const QString& program, const QStringList& arguments);
  /// Asks the process to end (SIGTERM); `ended` follows.
  void stop();
  /// Waits until the process has ended: asked to, and killed if it goes on for three seconds. `ended` does not follow.
  void close();
  [[nodiscard]] bool isRunning() const { return process_ != nullptr; }

 signals:
  /// A line of standard output.
  void wrote(const QByteArray& line);
  /// "120 of 5 000 images, 3:20 left" on standard error.
  void progressed(qint64 done, qint64 total);
  /// The process is gone: another may be started.
  void ended(const SlabEnd& end);

 private:
  void readOutput();
  void readErrors();
  void takeError(const QString& line);
  void end(SlabEnd end);

  QProcess* process_ = nullptr;
  QString lastWords_;
  bool isStopped_ = false;
};

}  // namespace slab
