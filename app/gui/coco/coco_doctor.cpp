#include "app/gui/coco/coco_doctor.h"

#include <QFileDialog>
#include <QSaveFile>
#include <QVBoxLayout>
#include <algorithm>

#include "app/gui/session.h"
#include "core/base/format.h"
#include "widgets/scan_report/fault_csv.h"
#include "widgets/theme/theme.h"

namespace slab {
namespace {

QString integer(qint64 value) {
  return QString::fromStdString(formatInteger(value, /*thin=*/true));
}

template <typename Kinds>
QString kindsWords(const Kinds& kinds) {
  QStringList parts;
  for (const auto& [kind, count] : kinds) parts += QStringLiteral("%1 %2").arg(integer(count), faultWords(kind));
  return parts.join(", ");
}

/// Messages name file and record, which stand in the card and in the row already.
void shorten(ScanReport& report, const std::string& file) {
  for (ScanDefect& defect : report.defects) {
    for (const std::string& known : {file + ": ", defect.path + " "}) {
      if (defect.reason.starts_with(known)) defect.reason.erase(0, known.size());
    }
  }
}

/// The faults that reading found, as a scan reports them.
ScanReport reportOf(const OpenedSet& set) {
  ScanReport report;
  report.images = static_cast<std::int64_t>(set.set.images.size());
  report.bad = set.faults.count();
  for (const coco::CocoFault& fault : set.faults.named()) {
    report.defects.push_back({fault.record, std::string(coco::toString(fault.kind)), fault.message, -1});
  }
  return report;
}

QString fileWords(const OpenedSet& set) {
  const coco::FaultList& faults = set.faults;
  if (faults.count() == 0) return CocoDoctor::tr("The annotation file is sound. A scan looks at its images too.");
  std::map<QString, qint64> kinds;
  for (const auto& [kind, count] : faults.counts()) {
    const std::string_view name = coco::toString(kind);
    kinds[QString::fromUtf8(name.data(), static_cast<qsizetype>(name.size()))] = count;
  }
  return CocoDoctor::tr("In the annotation file: %1. %2 records are left out.")
      .arg(kindsWords(kinds), integer(faults.blocking()));
}

}  // namespace

CocoDoctor::CocoDoctor(Session& session, QObject* parent)
    : QObject(parent),
      session_(session),
      process_(new ScanProcess(Session::slabProgram(), this)),
      scan_(new QAction(tr("&Scan the images of the annotations"), this)),
      stop_(new QAction(tr("Stop the scan of the annotations"), this)),
      export_(new QAction(tr("Export the faults of the annotations..."), this)),
      content_(new QWidget),
      header_(new CardHeader(tr("Dataset doctor"))),
      progress_(new QProgressBar(content_)),
      stack_(new QStackedWidget),
      empty_(new EmptyState(tr("Nothing to look through yet"),
                            tr("Faulty records of an annotation file are named here: boxes outside of their image, "
                               "areas of nothing, unknown classes, ids that occur twice. A scan adds images that are "
                               "missing, broken or of another size."))),
      words_(new QLabel),
      faults_(new FaultTable) {
  scan_->setIconText(tr("Scan images"));
  stop_->setIconText(tr("Stop"));
  export_->setIconText(tr("Export"));
  connect(scan_, &QAction::triggered, this, &CocoDoctor::scan);
  connect(stop_, &QAction::triggered, process_, &ScanProcess::stop);
  connect(export_, &QAction::triggered, this, &CocoDoctor::pickExportFile);
  connect(process_, &ScanProcess::stepped, this, [this](const ScanStep& step) {
    if (scanned_ != set_) return;
    progress_->setRange(0, static_cast<int>(std::max<qint64>(step.total, 1)));
    progress_->setValue(static_cast<int>(step.done));
    header_->setSubtitle(tr("%1 of %2 images").arg(integer(step.done), integer(step.total)));
  });
  connect(process_, &ScanProcess::finished, this, &CocoDoctor::showScan);
  connect(process_, &ScanProcess::failed, this, [this](const QString& why) {
    if (scanned_ == set_) {
      words_->setText(why);
      setTone(words_, "bad");
    }
    update();
    emit scanned();
  });
  connect(faults_, &FaultTable::currentChanged, this, [this](const QString& record) { emit recordSelected(record); });
  for (QAction* action : actions()) header_->addButton(action);
  words_->setWordWrap(true);
  words_->setAccessibleName(tr("Result of the scan"));
  setTextRole(words_, TextRole::Small);
  setMargins(words_, size::kMedium, 0, size::kMedium, size::kTiny);
  auto* page = new QWidget;
  auto* lines = new QVBoxLayout(page);
  auto* column = new QVBoxLayout(content_);
  for (QVBoxLayout* layout : {lines, column}) {
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
  }
  lines->addWidget(words_);
  faults_->setPlaceTitle(tr("record"));
  lines->addWidget(faults_, 1);
  lines->addStretch(0);
  stack_->addWidget(empty_);
  stack_->addWidget(page);
  setProgressLine(*progress_, tr("Progress of the scan"));
  column->addWidget(progress_);
  column->addWidget(stack_, 1);
  update();
}

void CocoDoctor::setSet(const SharedSet& set) {
  set_ = set;
  process_->stop();
  stack_->setCurrentIndex(set ? 1 : 0);
  if (set) show(reportOf(*set), fileWords(*set));
  update();
}

void CocoDoctor::show(ScanReport report, const QString& words) {
  report_ = std::move(report);
  shorten(report_, set_->set.path);
  words_->setText(words);
  setTone(words_, report_.bad > 0 ? "bad" : "");
  faults_->setReport(report_, {});
  faults_->setVisible(!report_.defects.empty());
  header_->setSubtitle(report_.bad > 0 ? tr("%1 faults").arg(integer(report_.bad)) : tr("no faults"));
}

void CocoDoctor::scan() {
  if (!set_ || isScanning()) return;
  scanned_ = set_;
  header_->setSubtitle(tr("reading the annotations"));
  process_->startCoco(QString::fromStdString(set_->set.path), set_->root);
  update();
}

void CocoDoctor::showScan(const ScanReport& report) {
  if (scanned_ != set_) return update();
  const CocoScanCounts& counts = process_->cocoCounts();
  QString words = tr("%1 images (%2 without boxes), %3 annotations: %4 of polygons, %5 of run lengths, %6 crowds")
                      .arg(integer(report.images), integer(counts.withoutBoxes), integer(counts.annotations),
                           integer(counts.polygons), integer(counts.runLengths), integer(counts.crowds));
  words += report.bad == 0 ? tr("; all sound") : tr("; faults: %1").arg(kindsWords(counts.kinds));
  words += '.';
  const auto named = static_cast<qint64>(report.defects.size());
  if (named < report.bad) words += tr(" The first %1 of a kind are listed.").arg(integer(coco::FaultList::kMostNamed));
  if (!report.complete) words += tr(" Stopped before the end.");
  if (set_->root.isEmpty()) words += tr(" The folder of the images is not known, they were not looked at.");
  show(report, words);
  update();
  emit scanned();
}

void CocoDoctor::update() {
  const bool isBusy = isScanning() && scanned_ == set_;
  progress_->setVisible(isBusy);
  if (!isBusy) progress_->reset();
  scan_->setEnabled(set_ && !isScanning());
  stop_->setVisible(isBusy);
  export_->setVisible(set_ && !report_.defects.empty());
}

void CocoDoctor::pickExportFile() {
  const QString file = QFileDialog::getSaveFileName(content_, tr("Export the faults"), "faults.csv", tr("CSV (*.csv)"));
  if (!file.isEmpty()) exportFaults(file);
}

bool CocoDoctor::exportFaults(const QString& path) {
  QSaveFile file(path);
  const QByteArray text = faultsCsv(report_);
  if (file.open(QIODevice::WriteOnly) && file.write(text) == text.size() && file.commit()) {
    session_.report(tr("The faults are in %1.").arg(path), "good");
    return true;
  }
  session_.report(tr("%1 can't be written: %2").arg(path, file.errorString()), "bad");
  return false;
}

}  // namespace slab
