#include "app/gui/checkpoint_detections.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QRegularExpression>

#include "app/gui/session.h"
#include "core/config/coco_names.h"

namespace slab {
namespace {

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
  connect(&process_, &SlabProcess::progressed, this, &CheckpointDetections::progressed);
  connect(&process_, &SlabProcess::ended, this, &CheckpointDetections::end);
}

CheckpointDetections::~CheckpointDetections() {
  if (!isBusy()) return;
  process_.close();
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
  QDir().mkpath(run.path + "/exports");
  session_.notify(
      {tr("Looking for objects in the validation set with %1 at step %2; they open in Detection after that.")
           .arg(run.name, step),
       {},
       tr("Stop"),
       [this] { stop(); }});
  process_.start(Session::slabProgram(),
                 {"eval", "--run", run.path, "--checkpoint", step.section('-', 0, 0), "--results", unfinished()});
}

void CheckpointDetections::stop() {
  process_.stop();
}

void CheckpointDetections::end(const SlabEnd& end) {
  if (end.isStopped) {
    session_.report(tr("Stopped: the objects that %1 finds are not known.").arg(name_));
  } else if (end.isGood && QFile::rename(unfinished(), wanted_.results)) {
    open();
  } else {
    const QString why = end.isGood ? tr("%1 can't be written").arg(wanted_.results) : end.why;
    session_.report(tr("%1 was not evaluated: %2").arg(name_, why), "bad");
  }
  QFile::remove(unfinished());
  emit ended();
}

void CheckpointDetections::open() {
  session_.openAnnotations(wanted_.annotations, wanted_.images);
  session_.openResults(wanted_.results);
}

}  // namespace slab
