#include "app/gui/checkpoint_detections.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QRegularExpression>
#include <utility>

#include "app/gui/session.h"
#include "core/config/coco_names.h"

namespace slab {
namespace {

constexpr int kLastWordsMilliseconds = 3000;

/// "20" of step-00000020, "20-2" of the second checkpoint of that step.
QString stepWords(const QString& checkpoint) {
  static const QRegularExpression kName("^step-0*(\\d+(?:-\\d+)?)$");
  return kName.match(QFileInfo(checkpoint).fileName()).captured(1);
}

/// The file that `slab train` evaluates on; "" where the configuration names none that is there.
QString validationOf(const RunRow& run) {
  const QString named = run.config.value("data.val_annotations"), root = run.config.value("data.root");
  if (!named.isEmpty()) return named;
  return QString::fromStdString(findCocoAnnotations(root.toStdString(), "val"));
}

}  // namespace

CheckpointDetections::CheckpointDetections(Session& session) : session_(session) {
  connect(&session, &Session::projectChanged, this, &CheckpointDetections::stop);
}

CheckpointDetections::~CheckpointDetections() {
  if (!process_) return;
  process_->disconnect(this);
  process_->terminate();
  process_->waitForFinished(kLastWordsMilliseconds);
  QFile::remove(unfinished());
}

void CheckpointDetections::show(const RunRow& run) {
  if (isBusy()) return;
  const QString step = stepWords(run.lastCheckpoint);
  wanted_ = {validationOf(run), run.config.value("data.val_images"), run.path + "/exports/found-" + step + ".json"};
  name_ = run.name;
  if (step.isEmpty()) return session_.report(tr("%1 has no checkpoint yet.").arg(name_), "warning");
  if (wanted_.annotations.isEmpty()) {
    return session_.report(tr("%1 has no validation set: its configuration names no data.val_annotations, and none is "
                              "in data.root.")
                               .arg(name_),
                           "warning");
  }
  if (QFileInfo::exists(wanted_.results)) return open();
  evaluate(run, step);
}

void CheckpointDetections::evaluate(const RunRow& run, const QString& step) {
  const QString program = Session::slabProgram();
  if (program.isEmpty()) {
    return session_.report(tr("The program slab was not found: build it, or set SLAB_PROGRAM to its path."), "bad");
  }
  QDir().mkpath(run.path + "/exports");
  isStopped_ = false;
  lastWords_.clear();
  process_ = new QProcess(this);
  process_->setStandardInputFile(QProcess::nullDevice());
  process_->setStandardOutputFile(QProcess::nullDevice());
  connect(process_, &QProcess::readyReadStandardError, this, &CheckpointDetections::readLines);
  connect(process_, &QProcess::finished, this,
          [this](int code, QProcess::ExitStatus status) { end(status == QProcess::NormalExit && code == 0); });
  connect(process_, &QProcess::errorOccurred, this, [this](QProcess::ProcessError error) {
    if (error != QProcess::FailedToStart) return;
    lastWords_ = process_->errorString();
    end(false);
  });
  process_->start(program,
                  {"eval", "--run", run.path, "--checkpoint", step.section('-', 0, 0), "--results", unfinished()});
  session_.notify(
      {tr("Looking for objects in the validation set with %1 at step %2; they open in Detection after that.")
           .arg(run.name, step),
       {},
       tr("Stop"),
       [this] { stop(); }});
}

void CheckpointDetections::stop() {
  if (!process_) return;
  isStopped_ = true;
  process_->terminate();
}

void CheckpointDetections::readLines() {
  // "120 of 5 000 images, 3:20 left"
  static const QRegularExpression kProgress("^(\\d[\\d ]*) of (\\d[\\d ]*) images");
  process_->setReadChannel(QProcess::StandardError);
  while (process_->canReadLine()) {
    const QString line = QString::fromUtf8(process_->readLine()).trimmed();
    const auto match = kProgress.match(line);
    if (match.hasMatch()) {
      emit progressed(match.captured(1).remove(' ').toLongLong(), match.captured(2).remove(' ').toLongLong());
    } else if (!line.isEmpty()) {
      lastWords_ = QString(line).remove("slab: ");
    }
  }
}

void CheckpointDetections::end(bool isDone) {
  if (!process_) return;
  readLines();
  std::exchange(process_, nullptr)->deleteLater();
  if (isStopped_) {
    session_.report(tr("Stopped: the objects that %1 finds are not known.").arg(name_));
  } else if (isDone && QFile::rename(unfinished(), wanted_.results)) {
    open();
  } else {
    const QString why = isDone ? tr("%1 can't be written").arg(wanted_.results) : lastWords_;
    session_.report(tr("%1 was not evaluated: %2").arg(name_, why.isEmpty() ? tr("no reason given") : why), "bad");
  }
  QFile::remove(unfinished());
  emit ended();
}

void CheckpointDetections::open() {
  session_.openAnnotations(wanted_.annotations, wanted_.images);
  session_.openResults(wanted_.results);
}

}  // namespace slab
