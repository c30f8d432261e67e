// The card "Dataset doctor" of Data: looks through a folder of images and shows its classes and what is wrong with it.
#pragma once

#include <QLabel>
#include <QProgressBar>
#include <QStackedWidget>
#include <optional>

#include "app/gui/scan_process.h"
#include "widgets/scan_report/class_table.h"
#include "widgets/scan_report/fault_table.h"
#include "widgets/theme/controls.h"

namespace slab {

class Session;

/// Scans the data set it is given: a folder that was picked or dropped, or the one of the run in front.
class DoctorCard : public QObject {
  Q_OBJECT

 public:
  DoctorCard(Session& session, QObject* parent);

  [[nodiscard]] QWidget* content() const { return content_; }
  [[nodiscard]] CardHeader* header() const { return header_; }
  [[nodiscard]] QAction* scanAction() const { return scan_; }
  [[nodiscard]] QList<QAction*> actions() const { return {pick_, leave_, scan_, stop_, export_, use_}; }

  /// Forgets the last report: `config` is about other data, under `root` ("" for data that is in no folder).
  /// `isChosen`: by the person, so that it can be left for the run's.
  void setData(const std::string& config, const QString& root, bool isChosen);
  void scan();
  [[nodiscard]] bool isScanning() const { return process_->isRunning(); }
  [[nodiscard]] const std::optional<ScanReport>& report() const { return report_; }
  /// Writes the fault list; false with a notice where that fails.
  bool exportFaults(const QString& file);

  bool eventFilter(QObject* object, QEvent* event) override;

 signals:
  /// A folder was picked or dropped: it is to be shown and scanned.
  void folderChosen(const QString& folder);
  /// Back to the data of the run in front.
  void folderLeft();
  /// A row of the fault list: its file and why it can't be used.
  void faultSelected(const QString& file, const QString& cause);
  /// The folder is to be the data of the next run.
  void useWanted(const QString& folder, qint64 classes, qint64 images);
  void scanned();

 private:
  void pickFolder();
  void pickExportFile();
  /// True when what ended was a scan of other data; starts the one that waits for it.
  bool wasStale();
  void showStep(const ScanStep& step);
  void showReport(const ScanReport& report);
  void showFailure(const QString& why);
  void update();
  [[nodiscard]] QWidget* makeReportPage();

  Session& session_;
  ScanProcess* process_;
  std::string config_;
  QString root_;
  std::optional<ScanReport> report_;
  bool isStale_ = false;   // the running scan is about other data
  bool isWanted_ = false;  // a scan of the data shown, as soon as a stale one has ended
  QAction *pick_, *leave_, *scan_, *stop_, *export_, *use_;
  // Owned by the dock.
  QWidget* content_;
  CardHeader* header_;
  QProgressBar* progress_;
  QStackedWidget *stack_, *tables_;
  EmptyState* empty_;
  QLabel* words_;
  Segmented* view_;
  ClassTable* classes_;
  FaultTable* faults_;
};

/// "51 200 images in 1 000 classes, all good" or "..., 3 bad: 2 cut, 1 empty", and how it was decoded.
QString scanWords(const ScanReport& report);

}  // namespace slab
