// The card "Dataset doctor" of Detection: what is wrong with an annotation file and the images it names.
#pragma once

#include <QAction>
#include <QLabel>
#include <QProgressBar>
#include <QStackedWidget>

#include "app/gui/coco/opened_set.h"
#include "app/gui/scan_process.h"
#include "widgets/scan_report/fault_table.h"
#include "widgets/theme/controls.h"

namespace slab {

class Session;

/// Shows the faults of the file as soon as it is read; a scan looks at the images too.
class CocoDoctor : public QObject {
  Q_OBJECT

 public:
  CocoDoctor(Session& session, QObject* parent);

  [[nodiscard]] QWidget* content() const { return content_; }
  [[nodiscard]] CardHeader* header() const { return header_; }
  [[nodiscard]] QList<QAction*> actions() const { return {scan_, stop_, export_}; }

  void setSet(const SharedSet& set);
  void scan();
  [[nodiscard]] bool isScanning() const { return process_->isRunning(); }
  /// What is shown: of the file, or of the last scan.
  [[nodiscard]] const ScanReport& report() const { return report_; }
  [[nodiscard]] QString words() const { return words_->text(); }
  bool exportFaults(const QString& file);

 signals:
  /// A row of the list: "image 17", "annotation 5".
  void recordSelected(const QString& record);
  void scanned();

 private:
  void show(ScanReport report, const QString& words);
  void showScan(const ScanReport& report);
  void pickExportFile();
  void update();

  Session& session_;
  ScanProcess* process_;
  SharedSet set_;
  SharedSet scanned_;  // that the running scan is about
  ScanReport report_;
  QAction *scan_, *stop_, *export_;
  QWidget* content_;
  CardHeader* header_;
  QProgressBar* progress_;
  QStackedWidget* stack_;
  EmptyState* empty_;
  QLabel* words_;
  FaultTable* faults_;
};

}  // namespace slab
