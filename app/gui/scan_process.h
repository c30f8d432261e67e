// A scan of a data set in a process of its own, so that neither a long scan nor a hostile image holds the window up.
#pragma once

#include <QObject>
#include <QProcess>
#include <QTemporaryDir>
#include <memory>
#include <optional>

#include "core/wire/messages.h"

namespace slab {

struct ScanStep {
  QString part;  // "train" or "val"
  qint64 done = 0, total = 0;
  double imagesPerSecond = 0;
  double etaSeconds = -1;  // -1: not known yet
};

/// Runs `slab data scan --events` over a configuration. One scan at a time; it ends with the window, and what it had
/// seen by then is kept.
class ScanProcess : public QObject {
  Q_OBJECT

 public:
  /// `program`: Session::slabProgram() as a rule.
  explicit ScanProcess(QString program, QObject* parent = nullptr);
  ~ScanProcess() override;

  /// Of the configuration's data.* keys.
  void start(const std::string& config);
  /// Ends the scan; `finished` follows with what was seen.
  void stop();
  [[nodiscard]] bool isRunning() const { return process_ != nullptr; }

 signals:
  void stepped(const ScanStep& step);
  /// Here and below the scan is over: another may be started.
  void finished(const ScanReport& report);
  /// In one sentence; nothing is lost.
  void failed(const QString& why);

 private:
  void readLines();
  void takeLine(const QByteArray& line);
  void end(QProcess::ExitStatus status);
  void forget();

  QString program_;
  std::unique_ptr<QTemporaryDir> folder_;  // of the configuration file
  QProcess* process_ = nullptr;
  QByteArray waiting_;  // a line that has not ended yet
  std::optional<ScanReport> report_;
};

}  // namespace slab
