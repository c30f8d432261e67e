#include "app/gui/panels/doctor_card.h"

#include <QDropEvent>
#include <QFileDialog>
#include <QFileInfo>
#include <QMimeData>
#include <QSaveFile>
#include <QVBoxLayout>
#include <map>

#include "app/gui/session.h"
#include "core/base/format.h"
#include "widgets/scan_report/fault_csv.h"
#include "widgets/theme/controls.h"
#include "widgets/theme/theme.h"

namespace slab {
namespace {

QString integer(qint64 value) {
  return QString::fromStdString(formatInteger(value, /*thin=*/true));
}

QString duration(double seconds) {
  return QString::fromStdString(formatDuration(seconds));
}

QString folderOf(const QMimeData* data) {
  const QString path = data->hasUrls() ? data->urls().value(0).toLocalFile() : QString();
  return QFileInfo(path).isDir() ? path : QString();
}

}  // namespace

QString scanWords(const ScanReport& report) {
  QString words = DoctorCard::tr("%1 images in %2 classes")
                      .arg(integer(report.images), integer(static_cast<qint64>(report.classCounts.size())));
  if (report.bad == 0) {
    words += DoctorCard::tr(", all good");
  } else {
    std::map<QString, qint64> kinds;
    for (const ScanDefect& defect : report.defects) ++kinds[QString::fromStdString(defect.kind)];
    QStringList parts;
    for (const auto& [kind, count] : kinds) parts += QStringLiteral("%1 %2").arg(integer(count), faultWords(kind));
    words += DoctorCard::tr(", %1 bad: %2; training skips and counts them").arg(integer(report.bad), parts.join(", "));
  }
  if (!report.emptyClasses.empty()) {
    words += DoctorCard::tr(", %1 classes without an image").arg(report.emptyClasses.size());
  }
  words += '.';
  if (!report.complete) words += DoctorCard::tr(" Stopped before the end: scan again to go on from here.");
  return words;
}

DoctorCard::DoctorCard(Session& session, QObject* parent)
    : QObject(parent),
      session_(session),
      process_(new ScanProcess(Session::slabProgram(), this)),
      pick_(new QAction(tr("Open a &folder of images ..."), this)),
      leave_(new QAction(tr("Back to the data of the &run"), this)),
      scan_(new QAction(tr("&Scan for damage"), this)),
      stop_(new QAction(tr("S&top the scan"), this)),
      export_(new QAction(tr("&Export the faults ..."), this)),
      use_(new QAction(tr("&Use in Configure"), this)),
      content_(new QWidget),
      header_(new CardHeader(tr("Dataset doctor"))),
      progress_(new QProgressBar),
      stack_(new QStackedWidget),
      tables_(new QStackedWidget),
      empty_(new EmptyState(tr("Not scanned yet"),
                            tr("A scan decodes every image in a sandbox and names what is damaged, empty or missing. "
                               "Drop a folder with train/<class> here, or scan the data of the run in front."))),
      words_(new QLabel),
      view_(new Segmented(tr("Report"))),
      classes_(new ClassTable),
      faults_(new FaultTable) {
  pick_->setIconText(tr("Open folder"));
  pick_->setShortcut(QKeySequence("Ctrl+Alt+N"));
  leave_->setIconText(tr("Back to the run"));
  scan_->setIconText(tr("Scan"));
  scan_->setShortcut(QKeySequence("Ctrl+Shift+S"));
  stop_->setIconText(tr("Stop"));
  export_->setIconText(tr("Export"));
  connect(pick_, &QAction::triggered, this, &DoctorCard::pickFolder);
  connect(leave_, &QAction::triggered, this, &DoctorCard::folderLeft);
  connect(scan_, &QAction::triggered, this, &DoctorCard::scan);
  connect(stop_, &QAction::triggered, process_, &ScanProcess::stop);
  connect(export_, &QAction::triggered, this, &DoctorCard::pickExportFile);
  connect(use_, &QAction::triggered, this, [this] {
    qint64 images = 0;
    for (const std::int64_t count : report_->classCounts) images += count;
    emit useWanted(root_, static_cast<qint64>(report_->classCounts.size()), images);
  });
  connect(process_, &ScanProcess::stepped, this, &DoctorCard::showStep);
  connect(process_, &ScanProcess::finished, this, &DoctorCard::showReport);
  connect(process_, &ScanProcess::failed, this, &DoctorCard::showFailure);
  connect(faults_, &FaultTable::currentChanged, this, &DoctorCard::faultSelected);
  header_->addWidget(view_);
  for (QAction* action : {stop_, export_, use_, leave_, pick_}) {
    QPushButton* button = header_->addButton(action);
    connect(action, &QAction::changed, button, [action, button] { button->setVisible(action->isVisible()); });
  }
  empty_->addButton(scan_);
  empty_->addButton(pick_);
  stack_->addWidget(empty_);
  stack_->addWidget(makeReportPage());
  setProgressLine(*progress_, tr("Progress of the scan"));
  auto* column = new QVBoxLayout(content_);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  column->addWidget(progress_);
  column->addWidget(stack_, 1);
  content_->setAcceptDrops(true);
  content_->installEventFilter(this);
  leave_->setVisible(false);
  update();
}

QWidget* DoctorCard::makeReportPage() {
  words_->setWordWrap(true);
  words_->setAccessibleName(tr("Result of the scan"));
  setTextRole(words_, TextRole::Small);
  setMargins(words_, size::kMedium, 0, size::kMedium, size::kTiny);
  view_->setOptions({tr("classes"), tr("faults")});
  connect(view_, &Segmented::activated, tables_, &QStackedWidget::setCurrentIndex);
  tables_->addWidget(classes_);
  tables_->addWidget(faults_);
  auto* page = new QWidget;
  auto* column = new QVBoxLayout(page);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  column->addWidget(words_);
  column->addWidget(tables_, 1);
  return page;
}

void DoctorCard::setData(const std::string& config, const QString& root, bool isChosen) {
  leave_->setVisible(isChosen);
  if (config == config_) return;
  isStale_ = isScanning();
  isWanted_ = false;
  process_->stop();
  config_ = config;
  root_ = root;
  report_.reset();
  empty_->setText(
      tr("Not scanned yet"),
      tr("A scan decodes every image in a sandbox and names what is damaged, empty or missing. Drop a folder "
         "with train/<class> here, or scan %1.")
          .arg(root.isEmpty() ? tr("the data of the run in front") : root));
  stack_->setCurrentWidget(empty_);
  header_->setSubtitle(root);
  update();
}

void DoctorCard::scan() {
  if (config_.empty()) return;
  if (isScanning()) {
    isWanted_ = isStale_;
    return;
  }
  report_.reset();
  stack_->setCurrentWidget(empty_);
  empty_->setText(tr("Scanning"), tr("Every image is decoded once. Stopping keeps what was scanned."));
  header_->setSubtitle(tr("reading the folders"));
  process_->start(config_);
  update();
}

bool DoctorCard::wasStale() {
  const bool stale = isStale_;
  isStale_ = false;
  if (stale && isWanted_) scan();
  isWanted_ = false;
  return stale;
}

void DoctorCard::showStep(const ScanStep& step) {
  if (isStale_) return;
  progress_->setRange(0, static_cast<int>(std::max<qint64>(step.total, 1)));
  progress_->setValue(static_cast<int>(step.done));
  const QString left = step.etaSeconds >= 0 ? tr(", %1 left").arg(duration(step.etaSeconds)) : QString();
  const QString rate = QString::fromStdString(formatNumber(step.imagesPerSecond, 3));
  header_->setSubtitle(
      tr("%1: %2 of %3, %4 images/s%5").arg(step.part, integer(step.done), integer(step.total), rate, left));
}

void DoctorCard::showReport(const ScanReport& report) {
  if (wasStale()) return;
  report_ = report;
  QString words = scanWords(report);
  if (!report.sandbox.empty()) words += tr(" Decoded under %1.").arg(QString::fromStdString(report.sandbox));
  if (!report.titlesHint.empty()) words += ' ' + QString::fromStdString(report.titlesHint) + '.';
  words_->setText(words);
  setTone(words_, report.bad > 0 ? "bad" : report.emptyClasses.empty() ? "" : "warning");
  classes_->setReport(report);
  faults_->setReport(report, root_);
  view_->setCurrent(report.bad > 0 ? 1 : 0);
  tables_->setCurrentIndex(view_->current());
  stack_->setCurrentIndex(1);
  const QString time = duration(report.seconds);
  header_->setSubtitle(root_.isEmpty() ? tr("in %1").arg(time) : tr("%1, in %2").arg(root_, time));
  update();
  emit scanned();
}

void DoctorCard::showFailure(const QString& why) {
  if (wasStale()) return;
  empty_->setText(tr("The scan did not finish"), why);
  stack_->setCurrentWidget(empty_);
  header_->setSubtitle(root_);
  update();
}

void DoctorCard::update() {
  const bool isBusy = isScanning() && !isStale_;
  progress_->setVisible(isBusy);
  if (!isBusy) progress_->reset();
  scan_->setEnabled(!isBusy && !config_.empty());
  stop_->setVisible(isBusy);
  export_->setVisible(report_.has_value());
  export_->setEnabled(report_ && !(report_->defects.empty() && report_->notices.empty()));
  use_->setVisible(report_ && !root_.isEmpty());
  view_->setVisible(report_.has_value());
}

void DoctorCard::pickFolder() {
  const QString folder = QFileDialog::getExistingDirectory(content_, tr("Folder with train/<class> and val"), root_);
  if (!folder.isEmpty()) emit folderChosen(folder);
}

void DoctorCard::pickExportFile() {
  const QString file = QFileDialog::getSaveFileName(content_, tr("Export the faults"), "faults.csv", tr("CSV (*.csv)"));
  if (!file.isEmpty()) exportFaults(file);
}

bool DoctorCard::exportFaults(const QString& path) {
  if (!report_) return false;
  QSaveFile file(path);
  const QByteArray text = faultsCsv(*report_);
  if (file.open(QIODevice::WriteOnly) && file.write(text) == text.size() && file.commit()) {
    session_.report(tr("The faults are in %1.").arg(path), "good");
    return true;
  }
  session_.report(tr("%1 can't be written: %2").arg(path, file.errorString()), "bad");
  return false;
}

bool DoctorCard::eventFilter(QObject* object, QEvent* event) {
  if (event->type() == QEvent::DragEnter || event->type() == QEvent::Drop) {
    auto* drop = static_cast<QDropEvent*>(event);
    const QString folder = folderOf(drop->mimeData());
    if (folder.isEmpty()) return false;
    drop->acceptProposedAction();
    if (event->type() == QEvent::Drop) emit folderChosen(folder);
    return true;
  }
  return QObject::eventFilter(object, event);
}

}  // namespace slab
