#include "app/gui/panels/fold_card.h"

#include <QDir>
#include <QFileDialog>
#include <QSaveFile>
#include <QStandardPaths>
#include <QVBoxLayout>

#include "app/gui/session.h"
#include "widgets/theme/controls.h"
#include "widgets/theme/theme.h"

namespace slab {
namespace {

constexpr std::int64_t kImages = 64;

QString inDocuments(const ModelChoice& model, const QString& ending) {
  const QString folder = QStandardPaths::writableLocation(QStandardPaths::DocumentsLocation);
  return QDir(folder).filePath(model.name + ending);
}

}  // namespace

FoldCard::FoldCard(Session& session, QObject* parent)
    : QObject(parent),
      session_(session),
      fold_(new QAction(tr("&Fold and certify"), this)),
      cancel_(new QAction(tr("Cancel"), this)),
      force_(new QAction(tr("Fold all the same"), this)),
      saveWeights_(new QAction(tr("Save the folded &weights..."), this)),
      saveOnnx_(new QAction(tr("Save as &ONNX, folded..."), this)),
      saveCertificate_(new QAction(tr("Save the &certificate..."), this)),
      content_(new QWidget),
      header_(new CardHeader(tr("Fold certificate"))),
      stack_(new QStackedWidget),
      empty_(new EmptyState({}, {})),
      progress_(new QProgressBar),
      words_(new QLabel),
      table_(new CertificateTable) {
  fold_->setShortcut(QKeySequence("Ctrl+Alt+F"));
  saveWeights_->setShortcut(QKeySequence("Ctrl+Alt+S"));
  saveWeights_->setIconText(tr("weights"));
  saveOnnx_->setShortcut(QKeySequence("Ctrl+Alt+O"));
  saveOnnx_->setIconText(tr("ONNX"));
  saveCertificate_->setShortcut(QKeySequence("Ctrl+Alt+P"));
  saveCertificate_->setIconText(tr("certificate"));
  connect(fold_, &QAction::triggered, this, &FoldCard::fold);
  connect(force_, &QAction::triggered, this, [this] { ask({}, true); });
  connect(cancel_, &QAction::triggered, this, &FoldCard::cancel);
  connect(saveWeights_, &QAction::triggered, this, &FoldCard::saveWeightsAs);
  connect(saveOnnx_, &QAction::triggered, this, &FoldCard::saveOnnxAs);
  connect(saveCertificate_, &QAction::triggered, this, &FoldCard::saveCertificateAs);
  connect(&process_, &SlabProcess::ended, this, &FoldCard::onnxEnded);
  setProgressLine(*progress_, tr("Progress of the fold"));
  words_->setWordWrap(true);
  setTextRole(words_, TextRole::Small);
  empty_->addButton(fold_);
  empty_->addButton(force_);
  for (QAction* action : {saveWeights_, saveOnnx_, saveCertificate_}) header_->addButton(action);
  auto* page = new QWidget;
  auto* pageColumn = new QVBoxLayout(page);
  pageColumn->setContentsMargins(0, 0, 0, 0);
  pageColumn->addWidget(words_);
  pageColumn->addWidget(table_, 1);
  stack_->addWidget(empty_);
  stack_->addWidget(page);
  auto* column = new QVBoxLayout(content_);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  column->addWidget(progress_);
  column->addWidget(stack_, 1);
  const auto restyle = [this] {
    words_->setContentsMargins(theme().px(size::kMedium), 0, theme().px(size::kMedium), theme().px(size::kTiny));
  };
  connect(&theme(), &Theme::changed, this, restyle);
  restyle();
  setModel(std::nullopt);
}

void FoldCard::setModel(const std::optional<ModelChoice>& model) {
  const bool isSame =
      model && model_ && model->key == model_->key && model->source.checkpoint == model_->source.checkpoint;
  model_ = model;
  if (isSame) return;
  if (request_ != 0) session_.cancel(request_);
  request_ = 0;
  report_.reset();
  force_->setVisible(false);
  empty_->setText(
      tr("Not folded yet"),
      tr("Each PRepBN becomes part of the layer beside it. The certificate says which rule was used, by how "
         "much each layer moved in fp32 and fp64, and on how many images the answer changed."));
  stack_->setCurrentWidget(empty_);
  update();
}

void FoldCard::ask(const QString& output, bool force) {
  if (!model_ || isBusy()) return;
  FoldRequest request;
  request.source = model_->source;
  request.output = output.toStdString();
  request.images = kImages;
  request.force = force || (report_ && !report_->warnings.empty());
  progress_->setRange(0, 0);
  header_->setSubtitle(tr("folding %1").arg(model_->name));
  request_ = session_.ask(request, this, [this, output, key = model_->key](const WorkerReply& reply) {
    if (model_ && model_->key == key) take(reply, output);  // else another model is shown by now
  });
  update();
}

void FoldCard::take(const WorkerReply& reply, const QString& output) {
  if (!reply.isLast) {
    if (!holds<ProgressBody>(reply.message)) return;
    const ProgressBody body = unpack<ProgressBody>(reply.message);
    progress_->setRange(0, static_cast<int>(body.total));
    progress_->setValue(static_cast<int>(body.done));
    header_->setSubtitle(QString::fromStdString(body.text));
    return;
  }
  request_ = 0;
  QString problem = reply.error;
  try {
    if (problem.isEmpty()) report_ = unpack<FoldReport>(reply.message);
  } catch (const Error& error) {
    problem = QString::fromUtf8(error.what());
  }
  if (reply.isCancelled) {
    fail(tr("Cancelled"), tr("Nothing was written."));
  } else if (!problem.isEmpty()) {
    force_->setVisible(problem.contains("--force"));
    fail(tr("It was not folded"), problem.replace("--force", tr("Fold all the same")));
  } else {
    showReport();
    if (!output.isEmpty()) session_.report(tr("Saved %1").arg(output), "good");
  }
  update();
}

void FoldCard::showReport() {
  table_->setReport(*report_);
  QStringList lines = certificateWords(*report_);
  for (const std::string& warning : report_->warnings) lines += QString::fromStdString(warning);
  words_->setText(lines.join(QStringLiteral(" \u00b7 ")));
  header_->setSubtitle(model_->name);
  stack_->setCurrentIndex(1);
}

void FoldCard::fail(const QString& heading, const QString& words) {
  header_->setSubtitle({});
  if (report_) {
    showReport();
    session_.report(heading + ": " + words, "warning");
    return;
  }
  empty_->setText(heading, words);
  stack_->setCurrentWidget(empty_);
}

void FoldCard::cancel() {
  if (request_ != 0) {
    session_.cancel(request_);
    header_->setSubtitle(tr("cancelling"));
  } else {
    process_.stop();
  }
}

void FoldCard::update() {
  progress_->setVisible(isBusy());
  cancel_->setVisible(isBusy());
  fold_->setEnabled(model_ && !isBusy());
  for (QAction* action : {saveWeights_, saveOnnx_}) action->setEnabled(model_ && model_->hasWeights() && !isBusy());
  saveCertificate_->setEnabled(report_.has_value());
  emit changed();
}

void FoldCard::saveWeightsAs() {
  const QString path =
      QFileDialog::getSaveFileName(content_, tr("Save the folded weights"), inDocuments(*model_, "-folded.safetensors"),
                                   tr("Safetensors (*.safetensors)"));
  if (!path.isEmpty()) writeWeights(path);
}

void FoldCard::saveOnnxAs() {
  const QString path = QFileDialog::getSaveFileName(content_, tr("Save as ONNX"), inDocuments(*model_, "-folded.onnx"),
                                                    tr("ONNX (*.onnx)"));
  if (!path.isEmpty()) writeOnnx(path);
}

void FoldCard::saveCertificateAs() {
  const QString path = QFileDialog::getSaveFileName(content_, tr("Save the certificate"),
                                                    inDocuments(*model_, "-certificate.md"), tr("Markdown (*.md)"));
  if (path.isEmpty()) return;
  QSaveFile file(path);
  const QByteArray text = certificateMarkdown(*report_, model_->name).toUtf8();
  const bool isWritten = file.open(QIODevice::WriteOnly) && file.write(text) == text.size() && file.commit();
  session_.report(isWritten ? tr("Saved %1").arg(path) : tr("%1 cannot be written: %2").arg(path, file.errorString()),
                  isWritten ? QString() : QStringLiteral("bad"));
}

void FoldCard::writeOnnx(const QString& path) {
  if (!model_ || isBusy()) return;
  onnxPath_ = path;
  // The dialog has asked about a file that is there; it is replaced only by a whole new one.
  onnxWritten_ = QFile::exists(path) ? path + ".new" : path;
  progress_->setRange(0, 0);
  header_->setSubtitle(tr("writing %1").arg(QFileInfo(path).fileName()));
  process_.start(Session::slabProgram(), {"export", "--weights", QString::fromStdString(model_->source.checkpoint),
                                          "--folded", "--format", "onnx", "--output", onnxWritten_});
  update();
}

void FoldCard::onnxEnded(const SlabEnd& end) {
  bool isGood = end.isGood;
  if (isGood && onnxWritten_ != onnxPath_) isGood = QFile::remove(onnxPath_) && QFile::rename(onnxWritten_, onnxPath_);
  const QString why = end.isGood ? tr("%1 could not be renamed to it").arg(onnxWritten_) : end.why;
  header_->setSubtitle(report_ ? model_->name : QString());
  if (end.isStopped) {
    session_.report(tr("Cancelled: %1 was not written.").arg(onnxPath_));
  } else {
    session_.report(isGood ? tr("Saved %1").arg(onnxPath_) : tr("%1 was not written: %2").arg(onnxPath_, why),
                    isGood ? "good" : "bad");
  }
  update();
}

}  // namespace slab
