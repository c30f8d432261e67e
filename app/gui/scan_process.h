// A scan of a data set in a process of its own, so that neither a long scan nor a hostile image holds the window up.
#pragma once

#include <QJsonObject>
#include <QObject>
#include <QTemporaryDir>
#include <map>
#include <memory>
#include <optional>

#include "app/gui/slab_process.h"
#include "core/wire/messages.h"

namespace slab {

struct ScanStep {
  QString part;  // "train" or "val"
  qint64 done = 0, total = 0;
  double imagesPerSecond = 0;
  double etaSeconds = -1;  // -1: not known yet
};

/// What a scan of an annotation file counts beyond its report, in which a record stands for a path.
struct CocoScanCounts {
  qint64 annotations = 0, crowds = 0, polygons = 0, runLengths = 0, withoutBoxes = 0;
  std::map<QString, qint64> kinds;  // faults of each; the report names the first of them
};

/// Runs `slab data scan --events` over a configuration or an annotation file. One scan at a time; it ends with the
/// window, and what it had seen by then is kept.
class ScanProcess : public QObject {
  Q_OBJECT

 public:
  /// `program`: Session::slabProgram() as a rule.
  explicit ScanProcess(QString program, QObject* parent = nullptr);

  /// Of the configuration's data.* keys.
  void start(const std::string& config);
  /// Of an annotation file and, where `root` is not empty, the images below that folder.
  void startCoco(const QString& annotations, const QString& root);
  /// Ends the scan; `finished` follows with what was seen.
  void stop() { process_.stop(); }
  [[nodiscard]] bool isRunning() const { return process_.isRunning(); }
  /// Of the last scan that startCoco began.
  [[nodiscard]] const CocoScanCounts& cocoCounts() const { return counts_; }

 signals:
  void stepped(const ScanStep& step);
  /// Here and below the scan is over: another may be started.
  void finished(const ScanReport& report);
  /// In one sentence; nothing is lost.
  void failed(const QString& why);

 private:
  void run(const QStringList& arguments);
  void takeCoco(const QJsonObject& report);
  void takeLine(const QByteArray& line);
  void takeReport(const QJsonObject& report);
  void end(const SlabEnd& end);

  QString program_;
  std::unique_ptr<QTemporaryDir> folder_;  // of the configuration file
  std::optional<ScanReport> report_;
  QString problem_;  // of a report that can't be read
  bool isCoco_ = false;
  CocoScanCounts counts_;
  SlabProcess process_;
};

}  // namespace slab
